internal import CLinux

/// The C library's heap, which keeps what was freed unless it is told otherwise.
///
/// - SeeAlso: mallopt(3), malloc_trim(3)
package enum Heap {
    /// Gives blocks of 256 KiB and more back to the system as soon as they are free.
    ///
    /// glibc begins with that, but raises the limit to up to 32 MiB as soon as such a block is freed.
    package static func returnLargeBlocks() {
        mallopt(M_MMAP_THRESHOLD, 256 * 1024)
        mallopt(M_TRIM_THRESHOLD, 1024 * 1024)
    }

    /// Gives all free memory back to the system; takes milliseconds.
    package static func trim() { malloc_trim(0) }

    /// Overwrites what the calling thread has freed lately, up to 1 KB a piece: for after a C library that frees secrets as they are.
    ///
    /// Each thread keeps up to 7 freed pieces of a size, which it gives out first; 50 µs.
    package static func overwriteFreed() { slipway_overwrite_freed() }
}
