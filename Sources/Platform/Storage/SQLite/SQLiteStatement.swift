internal import CSQLite

/// SQLite copies text and blobs that are bound with this destructor.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// One prepared statement of one connection, kept for the next time; finalized with the last reference, before its connection closes.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    private let path: String
    private let text: String
    private var shape: Row.Shape?
    /// When it was last used, as the connection counts.
    var lastUse = 0

    /// Compiles one statement.
    ///
    /// - Throws: ``StorageError/Reason/malformed`` when the text doesn't compile or holds a second statement.
    /// - SeeAlso: <https://www.sqlite.org/c3ref/prepare.html>
    init(_ text: String, on connection: OpaquePointer, path: String) throws(StorageError) {
        var handle: OpaquePointer?
        var hasTail = false
        let code = text.withCString { start in
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v3(connection, start, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, &tail)
            while let byte = tail?.pointee, byte != 0 {
                if byte != 10, byte != 32, byte != 59 { hasTail = true }
                tail = tail?.advanced(by: 1)
            }
            return code
        }
        guard code == SQLITE_OK else { throw StorageError(sqlite: connection, path: path, sql: text) }
        guard let handle, !hasTail else {
            sqlite3_finalize(handle)
            throw StorageError(.malformed, sql: text, cause: "not exactly one statement")
        }
        self.handle = handle
        self.connection = connection
        self.path = path
        self.text = text
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds, runs to the end, and makes ready for the next time.
    func run(_ values: [SQLValue], rowLimit: Int) throws(StorageError) -> Answer {
        defer {
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
        }
        for (index, value) in values.enumerated() {
            guard bind(value, at: Int32(index) + 1) == SQLITE_OK else { throw error() }
        }
        let isReadOnly = sqlite3_stmt_readonly(handle) != 0
        let changesBefore = isReadOnly ? 0 : sqlite3_total_changes64(connection)
        var answer = Answer()
        stepping: while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW:
                if answer.rows.count < rowLimit { answer.rows.append(row()) }
            case SQLITE_DONE:
                break stepping
            default:
                throw error()
            }
        }
        // sqlite3_changes keeps the number of an earlier statement when this one is no INSERT, UPDATE or DELETE.
        if !isReadOnly, sqlite3_total_changes64(connection) != changesBefore {
            answer.affectedRows = Int(sqlite3_changes64(connection))
        }
        return answer
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null:
            return sqlite3_bind_null(handle, index)
        case .integer(let number):
            return sqlite3_bind_int64(handle, index, number)
        case .real(let number):
            return sqlite3_bind_double(handle, index, number)
        case .text(var text):
            return text.withUTF8 { utf8 in
                // A nil pointer would bind NULL, and an empty text may have none.
                guard let start = utf8.baseAddress, !utf8.isEmpty else { return sqlite3_bind_text(handle, index, "", 0, transient) }
                return start.withMemoryRebound(to: CChar.self, capacity: utf8.count) { start in
                    sqlite3_bind_text64(handle, index, start, UInt64(utf8.count), transient, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            if bytes.isEmpty { return sqlite3_bind_zeroblob(handle, index, 0) }
            return bytes.withUnsafeBytes { sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), transient) }
        }
    }

    private func row() -> Row {
        let count = sqlite3_column_count(handle)
        let values = (0..<count).map(value)
        let shape = currentShape(columnCount: Int(count))
        return Row(shape: shape, values: values)
    }

    /// The columns' names; made anew when a change of the tables changed their number.
    private func currentShape(columnCount: Int) -> Row.Shape {
        if let shape, shape.names.count == columnCount { return shape }
        let shape = Row.Shape(names: (0..<Int32(columnCount)).map { sqlite3_column_name(handle, $0).map { String(cString: $0) } ?? "" })
        self.shape = shape
        return shape
    }

    private func value(_ column: Int32) -> SQLValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER:
            return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT:
            return .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            // The text first, then its length: the documented order.
            let start = sqlite3_column_text(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default:
            return .null
        }
    }

    private func error() -> StorageError { StorageError(sqlite: connection, path: path, sql: text, isRunning: true) }
}
