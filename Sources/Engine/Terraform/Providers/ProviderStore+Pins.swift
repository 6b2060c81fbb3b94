internal import Host
internal import Log

extension ProviderStore {
    /// Holds a provider against what was installed first under its name, version and platform; the first one is remembered.
    ///
    /// The pin stays when the provider is evicted: a registry, or a mirror, that exchanges a released version is noticed for ever.
    ///
    /// - Throws: ``TerraformError/Reason/providerChanged(_:pin:)``
    func pin(_ provider: StoredProvider) throws(TerraformError) {
        let path = "\(folder)/.pins/\(Self.name(provider.path)).json"
        guard FileSystem.exists(path) else {
            let pin = JSONValue.object([
                .init(name: "provider", value: .string(provider.address.description)),
                .init(name: "version", value: .string(provider.version.description)),
                .init(name: "platform", value: .string(provider.platform)), .init(name: "h1", value: .string(provider.h1)),
                .init(name: "hashes", value: .array(provider.hashes.map(JSONValue.string))),
            ])
            return try attempt { () throws(HostError) in try replace(path, with: Array(pin.text.utf8), in: "\(folder)/.pins") }
        }
        let bytes = try attempt { () throws(HostError) in try FileSystem.read(path, limit: 1 << 20) }
        guard JSONValue(parsing: bytes)?["h1"]?.string == provider.h1 else {
            logger.error(
                "A provider is not the one that was installed here first, and is not used",
                ["provider": .init(provider.text), "provider.h1": .init(provider.h1), "provider.pin": .init(path)]
            )
            throw TerraformError(.providerChanged(provider.text, pin: path))
        }
    }
}
