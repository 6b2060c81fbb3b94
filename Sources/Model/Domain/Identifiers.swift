/// The tenant: owns everything below it, and nothing is visible across it.
package struct OrganizationID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
}

/// One stack of Terraform code with its own state.
package struct DeploymentID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
}

/// One organization's cloud account, sealed.
package struct CredentialID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
}

/// The right of one worker to try a job or write a state: grows with each lease, so that a late writer is known by a smaller number.
package struct Fence: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
    package static func < (left: Fence, right: Fence) -> Bool { left.rawValue < right.rawValue }
}

/// A machine that registration has made ready, or tries to.
package struct ServerID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
}

/// A person who logs in or owns tokens.
package struct UserID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
}

/// One token of the API.
package struct TokenID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
}
