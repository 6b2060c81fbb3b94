internal import CSQLite
internal import Glibc

extension StorageError {
    /// Reads a connection's last error: call before any other SQLite call.
    ///
    /// SQLite's messages name tables, columns and SQL, never a bound value, except while a statement runs (a JSON path, say).
    ///
    /// - SeeAlso: <https://www.sqlite.org/rescode.html>
    init(sqlite handle: OpaquePointer?, path: String, sql: String? = nil, isRunning: Bool = false) {
        let code = sqlite3_extended_errcode(handle)
        let message = sqlite3_errmsg(handle).map { String(cString: $0) } ?? ""
        let name = "SQLite error \(code)"
        let reason: Reason =
            switch code & 0xFF {
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_CONSTRAINT: .constraint(Constraint(sqliteCode: code, message: message))
            case SQLITE_READONLY, SQLITE_PERM: .readOnly(path)
            case SQLITE_FULL: .diskFull(path)
            case SQLITE_NOTADB, SQLITE_CORRUPT: .notADatabase(path: path)
            case SQLITE_CANTOPEN: Self.cannotOpen(path, errno: sqlite3_system_errno(handle))
            case SQLITE_IOERR: sqlite3_system_errno(handle) == ENOSPC ? .diskFull(path) : .failing(name)
            case SQLITE_NOMEM: .failing("out of memory")
            case SQLITE_INTERRUPT: .timedOut
            default: .malformed
            }
        self.init(reason, sql: sql, cause: isRunning ? name : "\(name): \(message)")
    }

    private static func cannotOpen(_ path: String, errno number: Int32) -> Reason {
        switch number {
        case EROFS: .readOnly(path)
        case ENOSPC: .diskFull(path)
        default: .cannotOpen(path: path, why: number == 0 ? "no such folder" : String(cString: strerror(number)))
        }
    }
}

extension Constraint {
    /// - SeeAlso: <https://www.sqlite.org/rescode.html#constraint>
    fileprivate init(sqliteCode: Int32, message: String) {
        // "UNIQUE constraint failed: jobs.kind, jobs.key"; SQLite's codes for constraints are 19 | n << 8.
        let subject = message.firstRange(of: "failed: ").map { String(message[$0.upperBound...]) } ?? ""
        let columns = subject.split(separator: ", ").map { $0.split(separator: ".") }
        let table = columns.first?.first.map(String.init) ?? ""
        let joined = ([table] + columns.compactMap { $0.count > 1 ? $0.last.map(String.init) : nil }).joined(separator: "_")
        switch sqliteCode >> 8 {
        case 1: self.init(kind: .check, name: subject)
        case 3: self.init(kind: .foreignKey, name: "")
        case 5: self.init(kind: .notNull, name: joined + "_not_null")
        case 6, 10: self.init(kind: .primaryKey, name: table + "_pkey")
        case 8: self.init(kind: .unique, name: joined + "_key")
        default: self.init(kind: .other, name: "")
        }
    }
}
