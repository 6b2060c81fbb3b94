internal import CZstd

/// Zstandard compression, one frame that says its own plain size.
///
/// - SeeAlso: RFC 8878
package enum Zstd {
    /// The middle of speed and size; higher ones cost far more than they save on JSON.
    package static let level: Int32 = 3

    package static func compress(_ plain: [UInt8]) throws(SealingError) -> [UInt8] {
        try [UInt8](capacity: largestCompressed(plain.count)) { (output) throws(SealingError) in
            try plain.withBytes { (plain) throws(SealingError) in try compress(plain, into: output) }
        }
    }

    /// Unpacks one frame.
    ///
    /// - Parameters:
    ///   - packed: A frame that says its plain size, as ``compress(_:)`` makes.
    ///   - limit: The largest plain size, in bytes; a frame that says more is refused before memory is taken, and one that holds more
    ///     than it says, when that is reached.
    /// - Returns: The plain bytes.
    /// - Throws: ``SealingError/Reason/tooLarge(size:limit:)``, or ``SealingError/Reason/notCompressed`` for anything but one whole frame.
    package static func decompress(_ packed: [UInt8], limit: Int) throws(SealingError) -> [UInt8] {
        try packed.withBytes { (packed) throws(SealingError) in try decompress(packed, limit: limit) }
    }

    // MARK: - In the caller's memory

    /// What `count` plain bytes take at most.
    static func largestCompressed(_ count: Int) -> Int { ZSTD_compressBound(count) }

    static func compress(_ plain: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(SealingError) -> Int {
        let written = ZSTD_compress(output.baseAddress, output.count, plain.baseAddress, plain.count, level)
        guard ZSTD_isError(written) == 0 else {
            throw SealingError(.library(call: "ZSTD_compress", number: UInt(ZSTD_getErrorCode(written).rawValue)))
        }
        return written
    }

    static func decompress(_ packed: UnsafeRawBufferPointer, limit: Int) throws(SealingError) -> [UInt8] {
        let said = ZSTD_getFrameContentSize(packed.baseAddress, packed.count)
        // 2^64-1 is "not said", 2^64-2 "no frame"; the C macros do not cross into Swift.
        guard said < UInt64.max - 1 else { throw SealingError(.notCompressed) }
        guard said <= UInt64(max(limit, 0)) else { throw SealingError(.tooLarge(size: said, limit: limit)) }
        return try [UInt8](capacity: Int(said)) { (output) throws(SealingError) in
            let written = ZSTD_decompress(output.baseAddress, output.count, packed.baseAddress, packed.count)
            guard ZSTD_isError(written) == 0, written == Int(said) else { throw SealingError(.notCompressed) }
            return written
        }
    }
}
