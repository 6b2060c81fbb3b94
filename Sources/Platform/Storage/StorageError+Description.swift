extension StorageError: CustomStringConvertible {
    /// One sentence that says what to do; holds no bound value and no password.
    package var description: String {
        switch reason {
        case .unreachable(let server):
            "PostgreSQL at \(server) can't be reached: check that it runs and that the address is right"
        case .authenticationFailed(let server):
            "PostgreSQL at \(server) refused the user or the password: check both in the database address"
        case .connectionRefused(let server, let why):
            "PostgreSQL at \(server) refused the connection: \(why)"
        case .invalidLocation(let problem):
            problem
        case .readOnly(let place):
            "the database \(place) can't be written: make it and its folder writable for this user"
        case .diskFull(let place):
            "no space is left for the database \(place): free some and try again"
        case .notADatabase(let path):
            "\(path) is no SQLite database or is damaged: move it away or restore a backup"
        case .cannotOpen(let path, let why):
            "the database \(path) can't be opened (\(why)): check that the folder exists and belongs to this user"
        case .newerSchema(let found, let known):
            "the database has schema \(found) and this program knows up to \(known): update slipway"
        case .foreignSchema(let problem):
            "the database's tables aren't this program's (\(problem)): use another database or update slipway"
        case .busy:
            "the database is busy with other writes: try again"
        case .constraint(let constraint):
            constraint.sentence
        case .connectionLost:
            "the connection to the database broke during the commit: check whether the change was made before trying again"
        case .timedOut:
            "a statement took longer than allowed and was undone: try again when the database is less busy"
        case .closed:
            "the database was closed: start again"
        case .nulInText:
            "a text holds a NUL character, which can't be stored: remove it"
        case .unexpectedColumn(let problem):
            "the database's answer isn't what this program expects (\(problem)): report this as a bug"
        case .failing(let problem):
            "the database's storage failed (\(problem)): check the disk and the memory of its machine"
        case .malformed:
            "the database refused a statement (\(cause ?? "without a reason")): report this as a bug, with \(sql ?? "its circumstances")"
        }
    }
}

extension Constraint {
    fileprivate var sentence: String {
        let named = name.isEmpty ? "" : " (\(name))"
        return switch kind {
        case .unique, .primaryKey: "there is already one like it\(named): choose another name or id"
        case .foreignKey: "it refers to something that doesn't exist, or is still referred to\(named): make or remove the other first"
        case .notNull: "a value is missing\(named): give one"
        case .check: "a value is outside of what is allowed\(named): correct it"
        case .other: "a rule of the database refused the change\(named): correct it"
        }
    }
}
