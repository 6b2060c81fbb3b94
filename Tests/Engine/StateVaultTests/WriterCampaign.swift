import Domain
import FoundationEssentials
import Host
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `Writers in two processes` {
    @Test(arguments: TestDatabase.allCases)
    func `With theft and pauses, versions are gapless, and each outcome is what the vault holds`(kind: TestDatabase) async throws {
        try await withHeldVault(kind) { fixture, vault, _, folder in
            let holders = [
                try HolderProcess("writers", fixture.location, backups: folder, "25", "a"),
                try HolderProcess("writers", fixture.location, backups: folder, "25", "b"),
            ]
            try await within(.seconds(120), "the writers' end") {
                var turn = 0
                while !holders.allSatisfy(\.hasEnded) {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 20...120)))
                    // Longer than a lock lives: whoever holds it is robbed.
                    let holder = holders[turn % 2]
                    turn += 1
                    holder.pause()
                    try await Task.sleep(for: .milliseconds(Int.random(in: 100...250)))
                    holder.resume()
                }
            }
            var stored: [Int: (writer: String, checksum: String)] = [:]
            var refused: Set<String> = []
            for line in holders.flatMap(\.lines) {
                if line.count == 4, line[1] == "stored", let version = Int(line[2]) {
                    #expect(stored.updateValue((line[0], line[3]), forKey: version) == nil)
                } else if line.count > 1, line[1] == "refused" {
                    refused.insert(line[0])
                } else {
                    Issue.record("\(line)")
                }
            }
            #expect(stored.count + refused.count == 50)
            let versions = try await vault.versions(of: fixture.first, limit: 100)
            #expect(versions.map(\.version) == Array((1...stored.count).reversed()))
            for version in versions {
                #expect(stored[version.version]?.writer == version.author && stored[version.version]?.checksum == version.checksum)
                #expect(try await vault.load(fixture.first, version: version.version)?.version == version)
            }
            #expect(refused.isDisjoint(with: versions.map(\.author)))
            let fences = versions.map(\.fence.rawValue)
            #expect(fences == fences.sorted(by: >) && Set(fences).count > 1)
            #expect(!refused.isEmpty, "somebody was robbed")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A state of 100 MB is saved and loaded in ten times its size`(kind: TestDatabase) async throws {
        try await withHeldVault(kind) { fixture, vault, _, folder in
            let holder = try HolderProcess("big", fixture.location, backups: folder, "100000000", "15000")
            #expect(await holder.end().isSuccess)
            let line = try #require(holder.lines.last)
            let numbers = line.compactMap { Int($0) }
            #expect(line.last == "true" && numbers[0] > 95_000_000)
            let (before, most) = (numbers[1] * 1024, numbers[3] * 1024)
            #expect(most < 10 * numbers[0], "\(most >> 20) MiB")
            print(
                "a state of \(numbers[0] >> 20) MiB on \(kind): \(before >> 20) MiB before, \(numbers[2] >> 10) after the save, \(most >> 20) at most"
            )
            #expect(try await vault.versions(of: fixture.first).first?.byteCount == numbers[0])
        }
    }
}
