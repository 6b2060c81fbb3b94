/// Why a subscription ended.
package struct EventsError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        /// The subscriber took its events too slowly; it has seen everything up to these positions and can subscribe again from them.
        case fellBehind(positions: [String: Int64])
    }

    package let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    package var description: String {
        switch reason {
        case .fellBehind: "The subscriber fell too far behind; subscribe again from the last event that was seen."
        }
    }
}
