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

    /// Unpacks a file of one or more members.
    ///
    /// Memory grows with what comes out, never with what the file says about itself.
    ///
    /// - Parameters:
    ///   - packed: The whole file.
    ///   - limit: The most bytes that may come out.
    /// - Returns: The plain bytes.
    /// - Throws: ``SealingError/Reason/tooLarge(size:limit:)`` as soon as one byte more comes out,
    ///   ``SealingError/Reason/notCompressed`` for anything but whole gzip members.
    package static func decompress(_ packed: [UInt8], limit: Int) throws(SealingError) -> [UInt8] {
        var output: [UInt8] = []
        var rest = packed[...]
        repeat {
            let used = try member(rest, into: &output, limit: limit)
            rest = rest.dropFirst(used)
            // Archives may be padded with zeros.
        } while rest.contains { $0 != 0 }
        return output
    }

    /// Unpacks one member, and says how many bytes it had.
    private static func member(_ packed: ArraySlice<UInt8>, into output: inout [UInt8], limit: Int) throws(SealingError) -> Int {
        var stream = z_stream()
        guard slipway_inflate_gzip_init(&stream) == Z_OK else { throw SealingError(.library(call: "inflateInit2", number: 0)) }
        defer { inflateEnd(&stream) }
        // Copied: the library's pointer to its input is not const.
        var input = Array(packed)
        var piece = [UInt8](repeating: 0, count: 256 * 1024)
        var code = Z_OK
        let isWithinLimit = input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            return piece.withUnsafeMutableBufferPointer { piece in
                while code == Z_OK {
                    stream.next_out = piece.baseAddress
                    stream.avail_out = UInt32(piece.count)
                    code = inflate(&stream, Z_NO_FLUSH)
                    let count = piece.count - Int(stream.avail_out)
                    // The input is over, and the member is not.
                    if code == Z_OK, count == 0, stream.avail_in == 0 { break }
                    guard output.count + count <= limit else { return false }
                    output.append(contentsOf: UnsafeBufferPointer(rebasing: piece[..<count]))
                }
                return true
            }
        }
        guard isWithinLimit else { throw SealingError(.tooLarge(size: UInt64(limit) + 1, limit: limit)) }
        guard code == Z_STREAM_END else { throw SealingError(.notCompressed) }
        return input.count - Int(stream.avail_in)
    }
}
