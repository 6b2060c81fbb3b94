/// Where a database is.
package enum DatabaseLocation: Sendable, Hashable {
    /// A file; the doorbells are in a folder beside it, `<path>-bells`.
    case sqlite(path: String)
    /// A libpq address: <https://www.postgresql.org/docs/15/libpq-connect.html#id-1.7.3.8.3.6>
    case postgres(url: String)

    /// Reads what an operator configured: `postgres://…`, `postgresql://…`, `sqlite:PATH` or a path.
    ///
    /// - Throws: ``StorageError/Reason/invalidLocation(_:)`` for another scheme or an empty path.
    package static func parse(_ text: String) throws(StorageError) -> DatabaseLocation {
        if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") { return .postgres(url: text) }
        var path = Substring(text)
        if path.hasPrefix("sqlite:") {
            path = path.dropFirst("sqlite:".count)
            if path.hasPrefix("//") { path = path.dropFirst(2) }
        }
        guard !path.isEmpty, !path.contains("://"), !path.utf8.contains(0) else {
            throw StorageError(.invalidLocation("write the database's address as postgres://USER@HOST/NAME or as the path of a file"))
        }
        return .sqlite(path: String(path))
    }
}

extension DatabaseLocation: CustomStringConvertible, CustomDebugStringConvertible {
    /// The file, or the server without user and password: fit for logs.
    package var description: String {
        switch self {
        case .sqlite(let path): path
        // An address that can't be read is refused when it is opened; here it only must not be shown.
        case .postgres(let url): (try? PostgresAddress(url))?.shown ?? "PostgreSQL"
        }
    }

    package var debugDescription: String { description }
}
