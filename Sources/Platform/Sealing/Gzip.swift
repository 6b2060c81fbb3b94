internal import CZlib

/// Packs as gzip does, and unpacks.
///
/// - SeeAlso: RFC 1952
package enum Gzip {
    /// Packs bytes as one member.
    ///
    /// - Parameters:
    ///   - plain: At most 4 GiB.
    ///   - level: 1 is fast, 9 is small.
    /// - Returns: A whole file.
    /// - Throws: ``SealingError/Reason/library(call:number:)`` when memory runs out.
    package static func compress(_ plain: [UInt8], level: Int32 = 6) throws(SealingError) -> [UInt8] {
        var stream = z_stream()
        guard slipway_deflate_gzip_init(&stream, level) == Z_OK else { throw SealingError(.library(call: "deflateInit2", number: 0)) }
        defer { deflateEnd(&stream) }
        // Copied: the library's pointer to its input is not const.
        var input = plain
        var code = Z_OK
        let packed = input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            // Never more than this, and no second round.
            let bound = Int(deflateBound(&stream, UInt(input.count)))
            return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                code = deflate(&stream, Z_FINISH)
                count = output.count - Int(stream.avail_out)
            }
        }
        guard code == Z_STREAM_END else { throw SealingError(.library(call: "deflate", number: UInt(code.magnitude))) }
        return packed
    }

    /// Members that a file may have at most: block compressors make one for each 64 KiB.
    package static let memberLimit = 10_000
    /// What may come out at any ratio, in bytes.
    package static let ratioFreeSize = 1 << 20

    /// Unpacks a file of one or more members.
    ///
    /// Takes time in proportion to what goes in and what comes out. Memory grows with what comes out, never with what the file says about
    /// itself.
    ///
    /// - Parameters:
    ///   - packed: The whole file.
    ///   - limit: The most bytes that may come out.
    ///   - ratio: How many times the file's size may come out, once that is more than ``ratioFreeSize``; gzip itself ends at about 1000.
    /// - Returns: The plain bytes.
    /// - Throws: ``SealingError/Reason/tooLarge(size:limit:)`` as soon as one byte more comes out,
    ///   ``SealingError/Reason/tooDense(ratio:)`` and ``SealingError/Reason/tooManyMembers(limit:)`` for what only an attack looks like,
    ///   ``SealingError/Reason/notCompressed`` for anything but whole gzip members.
    package static func decompress(_ packed: [UInt8], limit: Int, ratio: Int = .max) throws(SealingError) -> [UInt8] {
        var stream = z_stream()
        guard slipway_inflate_gzip_init(&stream) == Z_OK else { throw SealingError(.library(call: "inflateInit2", number: 0)) }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 256 * 1024)
        let (densest, isAny) = packed.count.multipliedReportingOverflow(by: ratio)
        let most = isAny ? limit : min(limit, max(densest, ratioFreeSize))
        let fault = packed.withUnsafeBufferPointer { packed in
            piece.withUnsafeMutableBufferPointer { piece -> SealingError.Reason? in
                // The library only reads there; its pointer is older than const.
                stream.next_in = packed.baseAddress.map { UnsafeMutablePointer(mutating: $0) }
                stream.avail_in = UInt32(clamping: packed.count)
                for _ in 0..<memberLimit {
                    if let fault = member(&stream, piece, into: &output, limit: most) {
                        return fault
                    }
                    let rest = packed.suffix(Int(stream.avail_in))
                    // Archives may be padded with zeros.
                    guard rest.contains(where: { $0 != 0 }) else { return nil }
                    guard inflateReset(&stream) == Z_OK else { return .library(call: "inflateReset", number: 0) }
                }
                return .tooManyMembers(limit: memberLimit)
            }
        }
        if case .tooLarge(_, most) = fault, most < limit { throw SealingError(.tooDense(ratio: ratio)) }
        if let fault { throw SealingError(fault) }
        return output
    }

    /// Unpacks the member that the stream stands at; nil when it was whole.
    private static func member(
        _ stream: inout z_stream,
        _ piece: UnsafeMutableBufferPointer<UInt8>,
        into output: inout [UInt8],
        limit: Int
    ) -> SealingError.Reason? {
        var code = Z_OK
        while code == Z_OK {
            stream.next_out = piece.baseAddress
            stream.avail_out = UInt32(clamping: piece.count)
            code = inflate(&stream, Z_NO_FLUSH)
            let count = piece.count - Int(stream.avail_out)
            // The input is over, and the member is not.
            if code == Z_OK, count == 0, stream.avail_in == 0 { break }
            guard count <= limit - output.count else { return .tooLarge(size: UInt64(clamping: limit) + 1, limit: limit) }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: piece[..<count]))
        }
        return code == Z_STREAM_END ? nil : .notCompressed
    }
}
