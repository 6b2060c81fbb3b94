/// What a run of Terraform reaches.
package enum NetworkMode: String, Sendable, Hashable, CaseIterable, Codable {
    /// All that this machine reaches, its own loopback included.
    case host
    /// The outside; of this machine, of private networks and of the cloud's metadata only what is allowed by name.
    case filtered
    /// Nothing.
    case none
}
