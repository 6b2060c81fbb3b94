package import FoundationEssentials

/// A type whose values can be bound to a placeholder.
///
/// A `RawRepresentable` type with a bindable raw value binds without conforming.
package protocol SQLBindable {
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLBindable { package var sqlValue: SQLValue { self } }
extension Int: SQLBindable { package var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Int64: SQLBindable { package var sqlValue: SQLValue { .integer(self) } }
extension Double: SQLBindable { package var sqlValue: SQLValue { .real(self) } }
extension String: SQLBindable { package var sqlValue: SQLValue { .text(self) } }
extension [UInt8]: SQLBindable { package var sqlValue: SQLValue { .blob(self) } }

extension Bool: SQLBindable {
    /// 0 or 1: both databases keep booleans as SMALLINT.
    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension Date: SQLBindable {
    /// Whole microseconds since 1970 UTC, rounded; 290,000 years from there they end.
    package var sqlValue: SQLValue {
        let microseconds = (timeIntervalSince1970 * 1_000_000).rounded()
        return .integer(Int64(exactly: microseconds) ?? (microseconds < 0 ? .min : .max))
    }
}

extension Optional: SQLBindable where Wrapped: SQLBindable {
    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}
