import Domain
import FoundationEssentials
import Schema
import Storage
import TestKit
import Testing

@testable import Registration

/// Words and rules of servers, and what organizations ask of them.
@Suite struct SettingsTests {
    @Test(arguments: ["x", "", "v20", "-1"]) func `a version that is none is refused`(text: String) {
        var settings = RegistrationSettings()
        settings.minimumDocker = text
        #expect(throws: RegistrationError.self) { try settings.validated() }
    }

    @Test(arguments: [("8.8.8.8", true), ("1.1.1.1:53", true), ("none", true), ("example.org", true), ("a b", false), ("x;y", false)])
    func `a network target is an address`(target: String, isValid: Bool) {
        var settings = RegistrationSettings()
        settings.networkTarget = target
        let isTaken = (try? settings.validated()) != nil
        #expect(isTaken == isValid)
    }

    @Test func `machines of this computer need no way out unless they are told to`() {
        var settings = RegistrationSettings()
        #expect(settings.target(provider: "aws") == "8.8.8.8" && settings.target(provider: "local") == nil)
        settings.networkTarget = "10.0.0.1:443"
        #expect(settings.target(provider: "local") == "10.0.0.1:443")
        settings.networkTarget = "none"
        #expect(settings.target(provider: "aws") == nil)
    }

    @Test(arguments: [
        ("aws", "ubuntu"), ("gcp", "ubuntu"), ("azure", "azureuser"), ("digitalocean", "root"), ("hetzner", "root"), ("other", "root"),
    ])
    func `each provider has its first user`(provider: String, user: String) {
        #expect(InitialUser.of(provider: provider) == user)
        #expect(InitialUser.of(provider: nil) == "root")
    }

    @Test(arguments: [("web-1", true), ("web.example_1", true), ("7", false), ("", false), ("-x", false), ("a b", false), ("ä", false)])
    func `a server's name is plain, and no number`(name: String, isValid: Bool) {
        #expect(ServerName.isValid(name) == isValid)
    }

    @Test(arguments: ServerStatus.allCases, ServerStatus.Event.allCases)
    func `a server moves only as it may`(status: ServerStatus, event: ServerStatus.Event) {
        let next = status.after(event)
        switch event {
        case .registrationBegan: #expect(next == .registering)
        case .keyInstalled: #expect((next == .reachable) == (status == .registering || status == .reachable))
        case .passed: #expect((next == .ready) == (status != .registering))
        case .failed: #expect(next == .error)
        case .missedTwice: #expect((next == .unreachable) == (status != .registering))
        }
    }

    @Test(arguments: TestDatabase.allCases) func `settings are kept per organization`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            let kept = try await database.write { transaction -> [RegistrationSettings] in
                try transaction.execute("INSERT INTO organizations (name, created_at) VALUES ('a', 1), ('b', 1)")
                let ids = try transaction.rows("SELECT id FROM organizations ORDER BY name").map {
                    try $0.value("id", as: OrganizationID.self)
                }
                var settings = RegistrationSettings()
                settings.installsDocker = true
                settings.networkTarget = "10.0.0.1:53"
                settings.minimumDiskGigabytes = 3
                let store = RegistrationSettingsStore()
                try store.keep(settings, of: ids[0], at: .now, in: transaction)
                return [settings] + (try ids.map { try store.settings(of: $0, in: transaction) })
            }
            #expect(kept[1] == kept[0])
            #expect(kept[2] == RegistrationSettings())
        }
    }
}
