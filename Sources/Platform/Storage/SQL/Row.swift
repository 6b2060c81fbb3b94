/// One row of an answer; its columns are read by name.
package struct Row: Sendable {
    /// What all rows of one statement share.
    final class Shape: Sendable {
        let names: [String]
        let indices: [String: Int]

        init(names: [String]) {
            self.names = names
            indices = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
        }
    }

    private let shape: Shape
    private let values: [SQLValue]

    init(shape: Shape, values: [SQLValue]) {
        self.shape = shape
        self.values = values
    }

    /// Reads a column.
    ///
    /// - Throws: ``StorageError/Reason/unexpectedColumn(_:)`` when there is none of that name, or it holds another kind of value
    ///   (NULL, when `T` is no optional).
    package func value<T: SQLReadable>(_ column: String, as type: T.Type = T.self) throws(StorageError) -> T {
        let raw = try raw(column)
        guard let value = T(raw) else { throw mismatch(column, raw, T.self) }
        return value
    }

    /// Reads a column as an id or a status.
    ///
    /// - Throws: ``StorageError/Reason/unexpectedColumn(_:)`` also when the type knows no such raw value.
    @_disfavoredOverload
    package func value<T: RawRepresentable>(_ column: String, as type: T.Type = T.self) throws(StorageError) -> T
    where T.RawValue: SQLReadable {
        let raw = try raw(column)
        guard let rawValue = T.RawValue(raw), let value = T(rawValue: rawValue) else { throw mismatch(column, raw, T.self) }
        return value
    }

    /// Reads a column as an id or a status, or NULL.
    ///
    /// - Throws: ``StorageError/Reason/unexpectedColumn(_:)`` as above.
    @_disfavoredOverload
    package func value<T: RawRepresentable>(_ column: String, as type: T?.Type = T?.self) throws(StorageError) -> T?
    where T.RawValue: SQLReadable {
        let raw = try raw(column)
        if case .null = raw { return nil }
        guard let rawValue = T.RawValue(raw), let value = T(rawValue: rawValue) else { throw mismatch(column, raw, T.self) }
        return value
    }

    private func raw(_ column: String) throws(StorageError) -> SQLValue {
        guard let index = shape.indices[column] else {
            throw StorageError(.unexpectedColumn("the answer has no column '\(column)', only \(shape.names.joined(separator: ", "))"))
        }
        return values[index]
    }

    private func mismatch(_ column: String, _ raw: SQLValue, _ type: Any.Type) -> StorageError {
        StorageError(.unexpectedColumn("column '\(column)' holds \(raw.kind) that is no \(type)"))
    }
}
