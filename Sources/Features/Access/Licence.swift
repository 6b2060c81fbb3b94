internal import FoundationEssentials
internal import Storage

/// An organization's limits and features.
package struct Licence: Sendable, Hashable {
    /// The feature of requirement 001 that buys a server when there is no room.
    package static let autoProvisioning = "auto_provisioning"
    /// The feature of requirement 001 that asks nobody before.
    package static let autoApproveProvisioning = "auto_approve_provisioning"

    /// Nil: none may be bought by itself.
    package var maximumServers: Int?
    /// Nil: as many as the workers take.
    package var maximumConcurrentRuns: Int?
    /// By name; one that is missing is off.
    package var features: [String: Bool]

    package init(maximumServers: Int? = nil, maximumConcurrentRuns: Int? = nil, features: [String: Bool] = [:]) {
        self.maximumServers = maximumServers
        self.maximumConcurrentRuns = maximumConcurrentRuns
        self.features = features
    }

    /// Whether a feature is on.
    package func has(_ feature: String) -> Bool { features[feature] ?? false }

    init(_ row: Row) throws {
        maximumServers = try row.value("max_servers")
        maximumConcurrentRuns = try row.value("max_concurrent_runs")
        features = try JSONDecoder().decode([String: Bool].self, from: Data(row.value("features", as: String.self).utf8))
    }
}
