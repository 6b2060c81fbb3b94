internal import Glibc

/// The program's own code in memory.
package enum ResidentCode {
    /// Lets go of the code that the start needed; what runs on is mapped again page by page, from the kernel's cache.
    ///
    /// The kernel maps 64 KB around each page of code that is touched, so that a start leaves most of the program mapped: measured, 7 of
    /// 11 MB, of which a process that waits uses 1.5. Costs some microseconds, then half a microsecond for each page that is needed again.
    ///
    /// - Returns: The size of the code, in bytes; 0 where /proc doesn't tell where it is.
    /// - SeeAlso: madvise(2), MADV_DONTNEED: for a private mapping of a file, the next access reads the file's own content.
    @discardableResult
    package static func letGo() -> Int {
        // Only the executable: nobody can write to a file that is being executed. Without /proc nothing is let go of.
        guard let path = FileSystem.resolved("/proc/self/exe"), let maps = try? FileSystem.read("/proc/self/maps") else { return 0 }
        var byteCount = 0
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            // 55d0c3a00000-55d0c44bf000 r-xp 00337000 fe:00 1310754   /usr/bin/slipway
            let words = line.split(separator: " ", maxSplits: 4)
            // Never written to, and so the same as the file: neither relocations nor data are in an executable mapping.
            guard words.count == 5, words[1] == "r-xp", words[4].hasSuffix(" \(path)") else { continue }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1], let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
            if madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED) == 0 { byteCount += Int(ends[1] - ends[0]) }
        }
        return byteCount
    }
}
