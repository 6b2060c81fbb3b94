/// Which environment variables belong to which cloud.
enum ProviderVariables {
    private static let prefixes: [(provider: String, prefixes: [String])] = [
        ("aws", ["AWS_"]),
        ("google", ["GOOGLE_", "CLOUDSDK_"]),
        ("azure", ["ARM_"]),
        ("digitalocean", ["DIGITALOCEAN_", "SPACES_"]),
        ("hetzner", ["HCLOUD_"]),
    ]
    /// These go with a job by themselves.
    private static let automatic = ["AWS_", "GOOGLE_", "ARM_", "DIGITALOCEAN_", "HCLOUD_", "TF_VAR_"]

    /// The variables of one provider.
    static func values(of provider: String, in environment: [String: String]) -> [String: String] {
        let wanted = prefixes.first { $0.provider == provider }?.prefixes ?? []
        return environment.filter { name, _ in wanted.contains { name.hasPrefix($0) } }
    }

    /// The variables that a run gets without being asked for.
    static func automatic(in environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in automatic.contains { name.hasPrefix($0) } }
    }

    /// The variables asked for by name.
    ///
    /// - Throws: ``UsageError`` for one that is not set.
    static func named(_ names: [String], in environment: [String: String]) throws(UsageError) -> [String: String] {
        var values: [String: String] = [:]
        for name in names {
            guard let value = environment[name] else {
                throw UsageError(message: "The environment variable \(name) is not set; export it, or leave out --env \(name).")
            }
            values[name] = value
        }
        return values
    }

    /// The first provider whose variables are among them.
    static func provider(of values: [String: String]) -> String? {
        prefixes.first { entry in values.keys.contains { name in entry.prefixes.contains { name.hasPrefix($0) } } }?.provider
    }
}
