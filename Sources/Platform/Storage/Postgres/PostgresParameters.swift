/// Bound values in the shape libpq wants: integers, reals and bytes in binary with their type, text without a type, so that the server
/// takes it for text or JSON as the column says.
///
/// - SeeAlso: <https://www.postgresql.org/docs/15/libpq-exec.html#LIBPQ-PQEXECPARAMS>
struct PostgresParameters {
    /// Type ids, 0 where the server shall find out; fixed numbers of pg_type.dat.
    private(set) var types: [UInt32] = []
    private(set) var formats: [Int32] = []
    private(set) var lengths: [Int32] = []
    private var offsets: [Int?] = []
    private var bytes: [UInt8] = []

    var count: Int32 { Int32(types.count) }

    /// - Throws: ``StorageError/Reason/nulInText``.
    init(_ values: [SQLValue]) throws(StorageError) {
        for value in values {
            switch value {
            case .null:
                append(type: 0, format: 0, length: 0, at: nil)
            case .integer(let number):
                appendBigEndian(UInt64(bitPattern: number), type: 20)
            case .real(let number):
                appendBigEndian(number.bitPattern, type: 701)
            case .text(let text):
                guard !text.utf8.contains(0) else { throw StorageError(.nulInText) }
                append(type: 0, format: 0, length: 0, at: bytes.count)
                bytes += text.utf8
                bytes.append(0)
            case .blob(let blob):
                append(type: 17, format: 1, length: Int32(blob.count), at: bytes.count)
                bytes += blob
                // A pointer to an empty blob must point somewhere.
                if blob.isEmpty { bytes.append(0) }
            }
        }
    }

    /// Lends the values as pointers, valid during the call.
    func withPointers<R>(_ body: ([UnsafePointer<CChar>?]) -> R) -> R {
        bytes.withUnsafeBytes { buffer in
            body(offsets.map { offset in offset.flatMap { buffer.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) } })
        }
    }

    private mutating func append(type: UInt32, format: Int32, length: Int32, at offset: Int?) {
        types.append(type)
        formats.append(format)
        lengths.append(length)
        offsets.append(offset)
    }

    private mutating func appendBigEndian(_ number: UInt64, type: UInt32) {
        append(type: type, format: 1, length: 8, at: bytes.count)
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }
}
