import Glibc
import Host
import Storage
import TestKit
import Testing

@testable import API

@Suite struct ReadinessTests {
    private static func fault(_ readiness: Readiness) async -> String {
        do throws(Readiness.Fault) {
            try await readiness.check()
            return "none"
        } catch {
            switch error {
            case .database: return "database"
            case .folder: return "folder"
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a server whose folder can be written is ready, and leaves nothing there`(_ kind: TestDatabase) async throws {
        try await APIScene.with(kind) { scene in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let readiness = Readiness(database: scene.services.database, folder: folder.path, maximumAge: .zero)
            #expect(await Self.fault(readiness) == "none")
            #expect(try FileSystem.names(in: folder.path).isEmpty)
            let missing = Readiness(database: scene.services.database, folder: folder.path + "/missing", maximumAge: .zero)
            #expect(await Self.fault(missing) == "folder")
        }
    }

    @Test func `a server whose database is away is not ready, though it answers`() async throws {
        try await APIScene.with { scene in
            #expect(try await scene.ask("GET", "/readyz", token: nil).status == 200)
            await scene.services.database.close()
            // The last trial holds for a moment.
            try await within(.seconds(30), "the next trial") {
                while try await scene.ask("GET", "/readyz", token: nil).status == 200 { try await Task.sleep(for: .milliseconds(50)) }
            }
            let answer = try await scene.ask("GET", "/readyz", token: nil)
            #expect(answer.status == 503 && answer.error == "The database can't be written.", "\(answer)")
            #expect(try await scene.ask("GET", "/healthz", token: nil).status == 200)
        }
    }

    @Test(.enabled("only root can make a small disk") { geteuid() == 0 })
    func `a server with a full disk is not ready, until there is room again`() async throws {
        try await APIScene.with { scene in
            try await SmallDisk.with(megabytes: 1) { disk in
                let readiness = Readiness(database: scene.services.database, folder: disk, maximumAge: .zero)
                #expect(await Self.fault(readiness) == "none")
                // What fits of it stays: the disk is full to the last block.
                #expect(throws: HostError.self) { try FileSystem.write([UInt8](repeating: 1, count: 2 << 20), to: "\(disk)/filler") }
                #expect(await Self.fault(readiness) == "folder")
                try FileSystem.removeFile("\(disk)/filler")
                #expect(await Self.fault(readiness) == "none")
                #expect(try FileSystem.names(in: disk).isEmpty)
            }
        }
    }
}
