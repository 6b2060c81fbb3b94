/// Puts the values of SSH's messages and key files together.
///
/// - SeeAlso: RFC 4251, section 5
package struct SSHWriter {
    package private(set) var bytes: [UInt8] = []

    /// Begins with nothing.
    ///
    /// - Parameter capacity: How many bytes fit without the memory being moved, which would leave a copy of the first ones behind.
    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Appends a number as four bytes.
    package mutating func append(_ number: UInt32) {
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
    }

    /// Appends a number as eight bytes.
    package mutating func append(_ number: UInt64) {
        append(UInt32(truncatingIfNeeded: number >> 32))
        append(UInt32(truncatingIfNeeded: number))
    }

    /// Appends bytes behind their count.
    package mutating func append(_ value: some Collection<UInt8>) {
        append(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    /// Appends bytes as they are.
    package mutating func append(raw value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

    /// Overwrites everything with zeros.
    mutating func wipe() { bytes.wipe() }
}
