import Domain
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `Concurrent savers` {
    @Test(arguments: TestDatabase.allCases)
    func `Versions are gapless, and each outcome is what the vault holds`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let other = try await Database.open(fixture.location)
            let vaults = [fixture.vault, StateVault(database: other, keyring: fixture.keyring)]
            // Every third writer forces; the others lose when a higher serial was faster.
            let outcomes = try await withThrowingTaskGroup(of: (Int, Result<StateVersion?, VaultError>).self) { group in
                for writer in 1...20 {
                    group.addTask {
                        do throws(VaultError) {
                            let version = try await vaults[writer % 2].save(
                                SampleState.json(serial: writer, note: "writer \(writer)"),
                                for: fixture.first,
                                as: .final,
                                fence: Fence(rawValue: 1),
                                job: nil,
                                author: "writer \(writer)",
                                force: writer % 3 == 0
                            )
                            return (writer, .success(version))
                        } catch {
                            return (writer, .failure(error))
                        }
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            await other.close()
            let versions = try await fixture.vault.versions(of: fixture.first)
            var stored = 0
            for (writer, outcome) in outcomes {
                switch outcome {
                case .success(let version):
                    stored += 1
                    let version = try #require(version)
                    #expect(versions.contains(version))
                    #expect(version.author == "writer \(writer)")
                    let loaded = try await fixture.vault.load(fixture.first, version: version.version)
                    #expect(loaded?.bytes == SampleState.json(serial: writer, note: "writer \(writer)"))
                case .failure(let error):
                    guard case .lowerSerial(let serial, Int64(writer)) = error.reason, serial > writer, writer % 3 != 0 else {
                        Issue.record("writer \(writer): \(error)")
                        continue
                    }
                }
            }
            #expect(stored >= 6)
            #expect(versions.map(\.version) == Array((1...stored).reversed()))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Of two holders the one with the smaller fence stores nothing after the other`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            await withTaskGroup(of: Void.self) { group in
                for (fence, job) in [(1, "old"), (2, "new")] as [(Int64, String)] {
                    group.addTask {
                        for serial in 1...15 {
                            let state = SampleState.json(serial: serial, note: job)
                            _ = await reason { try await fixture.save(state, as: .intermediate, fence: fence, job: job, force: true) }
                        }
                    }
                }
            }
            let versions = try await fixture.vault.versions(of: fixture.first)
            // In the order of versions the fence never falls: once the new one wrote, the old one is out.
            let fences = versions.map(\.fence.rawValue)
            #expect(fences == fences.sorted(by: >))
            #expect(versions.first?.job?.rawValue == "new")
            #expect(versions.first?.serial == 15)
        }
    }
}
