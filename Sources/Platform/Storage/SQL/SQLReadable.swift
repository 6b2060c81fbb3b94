package import FoundationEssentials

/// A type that a row's column can be read as; ``SQLBindable``'s counterpart.
package protocol SQLReadable {
    /// Makes a value of what the column holds, or nil when it holds another kind.
    init?(_ value: SQLValue)
}

extension Int64: SQLReadable {
    package init?(_ value: SQLValue) {
        guard case .integer(let number) = value else { return nil }
        self = number
    }
}

extension Int: SQLReadable {
    package init?(_ value: SQLValue) {
        guard case .integer(let number) = value else { return nil }
        self.init(exactly: number)
    }
}

extension Bool: SQLReadable {
    package init?(_ value: SQLValue) {
        guard case .integer(let number) = value, number == 0 || number == 1 else { return nil }
        self = number == 1
    }
}

extension Double: SQLReadable {
    package init?(_ value: SQLValue) {
        switch value {
        case .real(let number): self = number
        case .integer(let number): self = Double(number)
        case .null, .text, .blob: return nil
        }
    }
}

extension String: SQLReadable {
    package init?(_ value: SQLValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
}

extension [UInt8]: SQLReadable {
    package init?(_ value: SQLValue) {
        guard case .blob(let bytes) = value else { return nil }
        self = bytes
    }
}

extension Date: SQLReadable {
    package init?(_ value: SQLValue) {
        guard case .integer(let microseconds) = value else { return nil }
        self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}

extension Optional: SQLReadable where Wrapped: SQLReadable {
    package init?(_ value: SQLValue) {
        if case .null = value {
            self = .none
            return
        }
        guard let wrapped = Wrapped(value) else { return nil }
        self = wrapped
    }
}

extension SQLValue: SQLReadable {
    /// Whatever it is: for a caller that only hands it back.
    package init?(_ value: SQLValue) { self = value }
}
