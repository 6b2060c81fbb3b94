extension StorageError {
    /// What a failed attempt to connect means.
    ///
    /// - Parameters:
    ///   - message: libpq's, verbose: `… FATAL:  28P01: password authentication failed for user "x" …`; without a SQLSTATE when no
    ///     server answered.
    ///   - address: Where it was tried.
    init(connecting message: String, to address: PostgresAddress) {
        let state = Self.sqlState(in: message)
        let server = address.shown
        let reason: Reason =
            switch (state, state?.prefix(2)) {
            case (_, "28"): .authenticationFailed(server: server)
            case ("3D000", _): .connectionRefused(server: server, why: "there is no such database there: create it")
            case ("53300", _): .connectionRefused(server: server, why: "too many connections are open: raise its max_connections")
            case (_, "57"), (_, "08"): .unreachable(server: server)
            case (.some, _): .connectionRefused(server: server, why: "SQLSTATE \(state ?? "")")
            // Without a SQLSTATE, libpq itself gave up.
            case (nil, _) where message.contains("password"): .authenticationFailed(server: server)
            case (nil, _) where message.contains("SSL") || message.contains("certificate"):
                .connectionRefused(server: server, why: "TLS failed: check sslmode and the certificates")
            case (nil, _): .unreachable(server: server)
            }
        self.init(reason, cause: state.map { "SQLSTATE \($0)" } ?? "no connection")
    }

    /// The last word of the message that looks like `28P01:`; every SQLSTATE has a digit, and no severity (`FATAL:`) has one.
    private static func sqlState(in message: String) -> String? {
        message.split { $0 == " " || $0 == "\n" }.last { word in
            word.utf8.count == 6 && word.last == ":" && word.contains { $0.isNumber }
                && word.dropLast().allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
        }.map { String($0.dropLast()) }
    }

    /// What a failed statement means.
    ///
    /// The server's message goes into `cause` only for class 42 (the statement's own text is at fault): others quote values.
    ///
    /// - SeeAlso: <https://www.postgresql.org/docs/15/errcodes-appendix.html>
    init(sqlState state: String, fields: PostgresResult.ErrorFields, server: String, isReading: Bool, sql: String) {
        let reason: Reason =
            switch (state, state.prefix(2)) {
            case (_, "23"): .constraint(Constraint(sqlState: state, fields: fields))
            case ("57014", _): .timedOut
            case (_, "40"), (_, "55"): .busy
            case ("25006", _): isReading ? .malformed : .readOnly(server)
            case ("53100", _): .diskFull(server)
            case (_, "53"), (_, "58"), (_, "XX"): .failing("SQLSTATE \(state)")
            case (_, "57"), (_, "08"): .unreachable(server: server)
            case ("42501", _): .readOnly(server)
            default: .malformed
            }
        let message = state.hasPrefix("42") ? ": " + fields.message : ""
        self.init(reason, sql: sql, cause: "SQLSTATE \(state)\(message)")
    }
}

extension Constraint {
    fileprivate init(sqlState: String, fields: PostgresResult.ErrorFields) {
        switch sqlState {
        case "23502": self.init(kind: .notNull, name: "\(fields.table)_\(fields.column)_not_null")
        case "23503": self.init(kind: .foreignKey, name: fields.constraint)
        case "23505": self.init(kind: fields.constraint.hasSuffix("_pkey") ? .primaryKey : .unique, name: fields.constraint)
        case "23514": self.init(kind: .check, name: fields.constraint)
        default: self.init(kind: .other, name: fields.constraint)
        }
    }
}
