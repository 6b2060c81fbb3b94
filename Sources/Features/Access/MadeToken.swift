/// A token that was just made: the only time that its text is known.
package struct MadeToken: Sendable {
    package let token: Token
    /// `slp_…`: hand it on, never store or log it.
    package let text: String
}

extension MadeToken: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "token \(token.id), <redacted>" }
    package var debugDescription: String { description }
}
