package import Domain
package import FoundationEssentials
package import Storage

/// What an organization asks of its servers; without a row of its own the standards.
package struct RegistrationSettings: Sendable, Hashable {
    /// Docker is installed, started, and opened for the user, where it isn't.
    package var installsDocker = false
    /// `20.10`: at least.
    package var minimumDocker = "20.10"
    package var minimumDiskGigabytes = 10
    package var minimumMemoryMegabytes = 512
    package var maximumClockSkewSeconds = 60
    /// `HOST` to be pinged, `HOST:PORT` to be connected to, `none`; nil: the standard.
    package var networkTarget: String?
    package var checkIntervalSeconds = 60

    package init() {}

    /// Where a server of a provider must be able to reach; nil: it needn't.
    func target(provider: String?) -> String? {
        switch networkTarget {
        // Machines of this computer have no way out.
        case nil: provider == "local" ? nil : "8.8.8.8"
        case "none": nil
        case let target?: target
        }
    }

    /// - Throws: ``RegistrationError`` naming what can't be.
    package func validated() throws(RegistrationError) -> RegistrationSettings {
        guard DockerVersion(minimumDocker) != nil else {
            throw RegistrationError(.invalid, "The least Docker version must look like 20.10, not '\(minimumDocker.prefix(40))'.")
        }
        if let networkTarget, networkTarget != "none", OutputFacts.address(networkTarget) == nil {
            throw RegistrationError(.invalid, "The network target must be HOST, HOST:PORT or none, not '\(networkTarget.prefix(80))'.")
        }
        return self
    }
}

/// Keeps what organizations ask of their servers.
package struct RegistrationSettingsStore: Sendable {
    package init() {}

    /// An organization's settings.
    ///
    /// - Throws: ``StorageError``.
    package func settings(of organization: OrganizationID, in transaction: Transaction) throws -> RegistrationSettings {
        var settings = RegistrationSettings()
        let row = try transaction.first(
            """
            SELECT installs_docker, minimum_docker, minimum_disk_gb, minimum_memory_mb, maximum_clock_skew_seconds, network_target,
                check_interval_seconds
            FROM registration_settings WHERE organization_id = \(organization)
            """
        )
        guard let row else { return settings }
        settings.installsDocker = try row.value("installs_docker")
        settings.minimumDocker = try row.value("minimum_docker")
        settings.minimumDiskGigabytes = try row.value("minimum_disk_gb")
        settings.minimumMemoryMegabytes = try row.value("minimum_memory_mb")
        settings.maximumClockSkewSeconds = try row.value("maximum_clock_skew_seconds")
        settings.networkTarget = try row.value("network_target")
        settings.checkIntervalSeconds = try row.value("check_interval_seconds")
        return settings
    }

    /// Keeps an organization's settings; nil: the standards again.
    ///
    /// - Throws: ``StorageError``.
    package func keep(
        _ settings: RegistrationSettings?,
        of organization: OrganizationID,
        at now: Date,
        in transaction: Transaction
    ) throws {
        try transaction.execute("DELETE FROM registration_settings WHERE organization_id = \(organization)")
        guard let settings else { return }
        try transaction.execute(
            """
            INSERT INTO registration_settings
                (organization_id, installs_docker, minimum_docker, minimum_disk_gb, minimum_memory_mb, maximum_clock_skew_seconds,
                network_target, check_interval_seconds, updated_at)
            VALUES (\(organization), \(settings.installsDocker), \(settings.minimumDocker), \(settings.minimumDiskGigabytes),
                \(settings.minimumMemoryMegabytes), \(settings.maximumClockSkewSeconds), \(settings.networkTarget),
                \(settings.checkIntervalSeconds), \(now))
            """
        )
    }
}
