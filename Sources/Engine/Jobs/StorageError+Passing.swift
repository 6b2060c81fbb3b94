package import Storage

extension StorageError {
    /// The database is away, busy or full: the same call can succeed later.
    package var mayPass: Bool {
        switch reason {
        case .unreachable, .connectionRefused, .connectionLost, .busy, .timedOut, .diskFull, .failing, .authenticationFailed, .readOnly:
            true
        case .invalidLocation, .notADatabase, .cannotOpen, .newerSchema, .foreignSchema, .constraint, .closed, .nulInText,
            .unexpectedColumn, .malformed:
            false
        }
    }
}
