package import FoundationEssentials
internal import Storage

/// One event on a channel, as every subscriber of the channel gets it.
package struct Broadcast: Sendable, Hashable {
    /// ``BroadcastChannel/name``.
    package let channel: String
    /// Counted from 1 per channel, without gaps, in the order of commits.
    package let position: Int64
    /// What happened: `TerraformProvisioningProgress`, `resource`.
    package let name: String
    /// JSON on one line, masked.
    package let data: String
    package let createdAt: Date

    package init(channel: String, position: Int64, name: String, data: String, createdAt: Date) {
        self.channel = channel
        self.position = position
        self.name = name
        self.data = data
        self.createdAt = createdAt
    }

    init(_ row: Row, channel: String) throws {
        self.channel = channel
        position = try row.value("position")
        name = try row.value("name")
        data = try row.value("data")
        createdAt = try row.value("created_at")
    }

    /// Unique in the installation: `organization.7.terraform:41`.
    package var id: String { "\(channel):\(position)" }
}

/// An event that is to be appended to a channel.
package struct NewBroadcast: Sendable, Hashable {
    package var channel: String
    package var name: String
    /// JSON on one line, masked.
    package var data: String

    package init(_ channel: BroadcastChannel, name: String, data: String) {
        self.channel = channel.name
        self.name = name
        self.data = data
    }
}
