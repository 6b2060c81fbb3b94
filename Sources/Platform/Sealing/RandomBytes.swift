internal import COpenSSL

/// Bytes nobody can guess, from OpenSSL's generator, which the kernel seeds.
package enum RandomBytes {
    /// Makes `count` random bytes.
    ///
    /// - Throws: ``SealingError`` when the generator has no seed.
    package static func make(count: Int) throws(SealingError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let outcome = bytes.withUnsafeMutableBytes { memory in
            Result { () throws(SealingError) in try fill(memory) }
        }
        try outcome.get()
        return bytes
    }

    static func fill(_ memory: UnsafeMutableRawBufferPointer) throws(SealingError) {
        guard memory.count <= Int32.max else { throw SealingError(.invalidArgument("too many random bytes at once")) }
        let bytes = memory.assumingMemoryBound(to: UInt8.self)
        guard RAND_bytes(bytes.baseAddress, Int32(bytes.count)) == 1 else { throw .openSSL("RAND_bytes") }
    }
}

extension SealingError {
    /// The oldest error on this thread's OpenSSL queue, which is emptied.
    static func openSSL(_ call: String) -> SealingError {
        let number = UInt(ERR_get_error())
        ERR_clear_error()
        return SealingError(.library(call: call, number: number))
    }
}
