import Domain
import Host
import Storage
import TestKit
import Testing

/// kill -9 of the worker that registers servers, in each stage there is.
@Suite(.requires(.terraform), .requires(.sshd), .requires(.postgres), .requires(.setpriv)) struct RegistrationCrashTests {
    @Test(arguments: JobStage.registration)
    func `a worker that is killed in a stage leaves nothing that the next attempt doesn't finish, and nothing is there twice`(
        stage: JobStage
    ) async throws {
        try await TestDatabase.postgres.location { location in
            guard case .postgres(let url) = location else { throw TooLate(description: "the address of PostgreSQL") }
            try await Slipway.with(environment: ["SLIPWAY_DATABASE_URL": url]) { slipway in
                try await TestMachine.with { quick in
                    try await TestMachine.with(holdsLogins: true) { slow in
                        try await slipway.prepare([quick, slow])
                        let folder = try slipway.source(of: [quick, slow])
                        #expect(try await slipway.run("deploy", folder, "--project", "shop", "--auto-approve").code == 0)
                        let process = try await killed(in: stage, slipway, location, slow)
                        #expect(try await process.end(within: .seconds(240)) == 0, "\(process.lines.suffix(5)) \(process.errors)")
                        try await expectFinished(slipway, location, [quick, slow])
                    }
                }
            }
        }
    }

    /// Begins a registration, and kills its worker in a stage of the slow machine; the other machine is ready by then, where it can be.
    private func killed(
        in stage: JobStage,
        _ slipway: Slipway,
        _ location: DatabaseLocation,
        _ slow: TestMachine
    ) async throws -> SlipwayProcess {
        func begin() throws -> SlipwayProcess { try slipway.start("server", "register", "shop", "--sync", "--json") }
        func killed(in table: HeldTable, _ process: SlipwayProcess) async throws {
            try await until("the rows are awaited", within: .seconds(120)) { try await table.isAwaited }
            try kill(slipway, process)
        }
        switch try TestMachine.hold(of: stage) {
        case .program(let program):
            try slow.hold(program)
            let process = try begin()
            try await held(slow, process, location)
            try kill(slipway, process)
            try slow.release()
            return process
        case .rows(let program?):
            try slow.hold(program)
            let process = try begin()
            try await held(slow, process, location)
            try await HeldTable.with("servers", of: location) { table in
                try slow.release()
                try await killed(in: table, process)
            }
            return process
        case .rows(nil):
            return try await HeldTable.with("servers", of: location) { table in
                let process = try begin()
                try await killed(in: table, process)
                return process
            }
        }
    }

    /// Waits until one machine stands in its stage and the other is ready.
    private func held(_ slow: TestMachine, _ process: SlipwayProcess, _ location: DatabaseLocation) async throws {
        try await until("the stage", within: .seconds(120)) {
            if process.isOver { throw TooLate(description: "the stage: it ended: \(process.lines.suffix(5)) \(process.errors):") }
            return slow.isReached
        }
        try await until("the other machine is ready", within: .seconds(120)) {
            try await numbers(location, "SELECT COUNT(*) AS n FROM servers WHERE status = 'ready'") == 1
        }
    }

    private func kill(_ slipway: Slipway, _ process: SlipwayProcess) throws {
        let workers = slipway.workers
        #expect(workers.count == 1 && !process.isOver, "\(process.lines.suffix(5)) \(process.errors)")
        for worker in workers { ProcessHandle(worker)?.signal(9) }
    }

    private func expectFinished(_ slipway: Slipway, _ location: DatabaseLocation, _ machines: [TestMachine]) async throws {
        let list = try await slipway.json("server", "list")
        #expect(list.list.map { $0["status"]?.text } == ["ready", "ready"], "\(list)")
        for machine in machines { #expect(try machine.authorizedKeys.count == 1) }
        #expect(
            try await slipway.json("audit", "--action", "server.").list.map { $0["action"]?.text } == [
                "server.registered", "server.registered",
            ]
        )
        let told = try await numbers(location, "SELECT COUNT(*) AS n FROM broadcasts WHERE name LIKE 'Server%'")
        let registered = try await numbers(location, "SELECT COUNT(DISTINCT data) AS n FROM broadcasts WHERE name = 'ServerRegistered'")
        #expect(told == 2 && registered == 2)
        let job = try #require(try await slipway.json("deployments")[0]?["registrationJob"]?.text)
        let attempts = try await slipway.json("status", job)["attempts"]?.list ?? []
        #expect(attempts.map { $0["outcome"]?.text } == ["lost", "completed"], "\(attempts)")
    }

    private func numbers(_ location: DatabaseLocation, _ query: SQL) async throws -> Int {
        let database = try await Database.open(location)
        do {
            let count = try await database.read { try $0.first(query)?.value("n", as: Int.self) }
            await database.close()
            return count ?? 0
        } catch {
            await database.close()
            throw error
        }
    }
}
