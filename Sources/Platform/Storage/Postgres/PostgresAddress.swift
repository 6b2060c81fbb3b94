internal import CPostgres

/// A libpq address, and what of it may be shown.
struct PostgresAddress: Sendable {
    let url: String
    /// `host:port/name`, or the socket's folder; never a user or password.
    let shown: String

    /// - Throws: ``StorageError/Reason/invalidLocation(_:)`` when libpq can't read it, or is missing.
    init(_ url: String) throws(StorageError) {
        // Every way to a server begins here.
        if let fault = slipway_load_libpq() { throw StorageError(.invalidLocation(String(cString: fault))) }
        guard let options = PQconninfoParse(url, nil) else {
            // libpq's own message quotes parts of the address, perhaps of the password.
            throw StorageError(.invalidLocation("the PostgreSQL address can't be read: write it as postgres://USER@HOST:PORT/NAME"))
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.url = url
        let host = values["host"] ?? values["hostaddr"] ?? "the local socket"
        shown = host + (values["port"].map { ":\($0)" } ?? "") + "/" + (values["dbname"] ?? "")
    }
}
