import Domain
import FoundationEssentials
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `A damaged vault` {
    @Test(arguments: TestDatabase.allCases)
    func `Rows swapped between versions or deployments are noticed`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            for serial in 1...2 {
                for deployment in [fixture.first, fixture.second] {
                    _ = try await fixture.save(SampleState.json(serial: serial, note: "\(deployment)"), to: deployment)
                }
            }
            // Both the bytes and their checksum come from the other row, as a whole-row swap would have it.
            for (deployment, version) in [(fixture.first, 1), (fixture.second, 2)] {
                try await fixture.database.write { transaction in
                    try transaction.execute(
                        """
                        UPDATE terraform_state_versions
                        SET (state_file, checksum, size_bytes) = (
                            SELECT state_file, checksum, size_bytes
                            FROM terraform_state_versions
                            WHERE terraform_deployment_id = \(deployment) AND version = \(version)
                        )
                        WHERE terraform_deployment_id = \(fixture.first) AND version = 2
                        """
                    )
                }
                let lost = try #require(await lost { try await fixture.vault.load(fixture.first) })
                #expect(lost.version == 2 && lost.damage == "its row holds another version's bytes")
                #expect(lost.fallback?.version == 1 && lost.command == "slipway state rollback --project shop --to 1")
            }
            #expect(try await fixture.vault.load(fixture.first, version: 1) != nil)
            #expect(try await fixture.vault.load(fixture.second) != nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Changed and missing bytes, and a changed checksum, are noticed`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let state = SampleState.json(serial: 1, resources: 30)
            _ = try await fixture.save(state)
            let sealed = try await fixture.sealedBytes()
            for position in stride(from: 0, to: sealed.count, by: 23) {
                var changed = sealed
                changed[position] ^= 0x40
                try await fixture.setSealedBytes(changed)
                switch await reason({ try await fixture.vault.load(fixture.first) }) {
                case .unrecoverable?: break
                case let other: Issue.record("byte \(position): \(String(describing: other))")
                }
            }
            try await fixture.setSealedBytes(Array(sealed.dropLast(7)))
            #expect(await lost { try await fixture.vault.load(fixture.first) }?.damage == "its row is cut off")
            try await fixture.setSealedBytes(sealed)
            #expect(try await fixture.vault.load(fixture.first)?.bytes == state)
            try await fixture.database.write { transaction in
                try transaction.execute("UPDATE terraform_state_versions SET checksum = \(String(repeating: "0", count: 64))")
            }
            #expect(await lost { try await fixture.vault.load(fixture.first) }?.damage == "its row is damaged")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A lost key is named, and a missing row is said`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            _ = try await fixture.save(SampleState.json(serial: 1))
            let other = StateVault(database: fixture.database, keyring: try .temporary())
            let name = fixture.keyring.activeKeyName
            #expect(await lost { try await other.load(fixture.first) }?.damage == "the key \"\(name)\" is not in the keyring")
            try await fixture.database.write { try $0.execute("DELETE FROM terraform_state_versions") }
            #expect(await lost { try await fixture.vault.load(fixture.first) }?.damage == "its row is missing")
        }
    }

    @Test func `No plain state reaches the disk`() async throws {
        try await TestDatabase.sqlite.withVault { fixture in
            _ = try await fixture.save(SampleState.json(serial: 1, resources: 3), as: .intermediate, job: "a")
            _ = try await fixture.save(SampleState.json(serial: 2, resources: 200), job: "a")
            guard case .sqlite(let path) = fixture.location else { return }
            let folder = URL(filePath: path).deletingLastPathComponent().path
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                // Sockets and pipes of the doorbells have no content.
                guard let data = try? Data(contentsOf: URL(filePath: folder + "/" + name)) else { continue }
                #expect(data.firstRange(of: Data(SampleState.secret.utf8)) == nil, "\(name)")
                #expect(data.firstRange(of: Data("terraform_data".utf8)) == nil, "\(name)")
            }
        }
    }

    @Test func `No error and no description holds content`() throws {
        let secret = SampleState.secret
        let state = try FollowedState(parsing: SampleState.json(serial: 1, note: secret))
        let texts = [
            "\(state)", String(reflecting: state), "\(state.document.outputs)", String(reflecting: state.document.outputs),
            "\(state.document)",
        ]
        for text in texts { #expect(!text.contains(secret)) }
        for damage in 0..<40 {
            var bytes = SampleState.json(serial: 1, note: secret)
            bytes[bytes.count - 1 - damage * 9] = 0
            let error = #expect(throws: VaultError.self) { try StateDocument(parsing: bytes) }
            #expect(error.map { !"\($0) \(String(reflecting: $0))".contains(secret) } == true)
        }
    }
}

extension VaultFixture {
    func sealedBytes() async throws -> [UInt8] {
        let found = try await database.read { try $0.first("SELECT state_file FROM terraform_state_versions") }
        let row = try #require(found)
        return try row.value("state_file")
    }

    func setSealedBytes(_ bytes: [UInt8]) async throws {
        try await database.write { try $0.execute("UPDATE terraform_state_versions SET state_file = \(bytes)") }
    }
}
