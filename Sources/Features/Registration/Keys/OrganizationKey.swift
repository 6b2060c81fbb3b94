package import Domain
package import FoundationEssentials

/// An SSH key of an organization's, as far as it may be shown.
package struct OrganizationKey: Sendable, Hashable {
    package let id: Int64
    package let organization: OrganizationID
    package let name: String
    /// One line, as `authorized_keys` takes it.
    package let publicKey: String
    /// `SHA256:…`.
    package let fingerprint: String
    package let createdBy: String
    package let createdAt: Date

    /// The one that is meant where none is named; made when it is first needed.
    package static let standard = "default"
}
