import FoundationEssentials
import Host
import Storage
import TestKit
import Testing

/// kill -9 at random moments: each test says its seed when something is wrong, and `SLIPWAY_CRASH_SEED` gives it again.
@Suite(.requires(.terraform)) struct CrashTests {
    enum Victim: String, Sendable, CaseIterable {
        case terraform, worker, both
    }

    static let seed: UInt64? = ProcessInfo.processInfo.environment["SLIPWAY_CRASH_SEED"].flatMap { UInt64($0) }

    /// Kills.
    ///
    /// - Returns: Whether there was anything to hit: on a busy machine a deploy may be over before.
    @discardableResult
    private func strike(_ victim: Victim, _ scene: CrashScene, _ process: SlipwayProcess) throws -> Bool {
        let worker = try scene.worker(in: process)
        let terraform = Array(Set(CrashScene.terraform(below: worker) + scene.slipway.terraforms))
        let isOver = process.child.status != nil
        switch victim {
        case .terraform: CrashScene.kill(terraform)
        case .worker: CrashScene.kill([worker])
        case .both: CrashScene.kill([worker] + terraform)
        }
        return !isOver && (victim == .worker || !terraform.isEmpty)
    }

    /// A moment after the n-th resource was reported done.
    private func moment(
        _ scene: CrashScene,
        _ process: SlipwayProcess,
        _ chance: inout Chance,
        between range: ClosedRange<Int>? = nil
    ) async throws {
        try await scene.done(Int.random(in: range ?? 1...(scene.count - 4), using: &chance), in: process)
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...120, using: &chance)))
    }

    private func job(in process: SlipwayProcess) async throws -> String {
        let line = try await process.line("the first event") { $0.hasPrefix("{") }
        return try #require(JSONTree(line)?["job"]?.text)
    }

    @Test(arguments: Victim.allCases, [1, 2, 3])
    func `a killed deploy loses nothing, and names what is in doubt`(victim: Victim, round: Int) async throws {
        try await crashed(victim, .builtin)
    }

    @Test(.requires(.moto), .requiresProviderMirror, arguments: Victim.allCases, [1, 2])
    func `a killed deploy with the AWS provider loses nothing, and names what is in doubt`(victim: Victim, round: Int) async throws {
        try await crashed(victim, .aws)
    }

    private func crashed(_ victim: Victim, _ cloud: CrashScene.Cloud) async throws {
        var chance = Chance(seed: Self.seed ?? .random(in: 1...999_999))
        let note = "\(victim.rawValue), \(cloud.rawValue), seed \(chance.seed)"
        try await CrashScene.with(cloud) { scene in
            let deploy = try scene.slipway.start("deploy", scene.source, "--project", "crash", "--auto-approve", "--json")
            let job = try await job(in: deploy)
            try await moment(scene, deploy, &chance)
            let hasHit = try strike(victim, scene, deploy)
            let code = try await deploy.end(within: .seconds(150))
            // Between two resources nothing was in doubt, and the next attempt could go on.
            #expect(code == 1 || (code == 0 && (cloud == .aws || !hasHit)), "\(deploy.lines.suffix(4)) (\(note))")
            try await scene.expectNothingLost(job, seen: deploy.lines, note: note)
            if code == 1 { try await scene.expectDoubtNamed(job, seen: deploy.lines, note: note) }
            try await scene.expectGoesOn(note: note)
        }
    }

    @Test(arguments: Victim.allCases, [1, 2])
    func `with --resume-after-crash a job goes on by itself`(victim: Victim, round: Int) async throws {
        var chance = Chance(seed: Self.seed ?? .random(in: 1...999_999))
        let note = "\(victim.rawValue), resuming, seed \(chance.seed)"
        try await CrashScene.with(.builtin) { scene in
            let deploy = try scene.slipway.start(
                "deploy",
                scene.source,
                "--project",
                "crash",
                "--auto-approve",
                "--resume-after-crash",
                "--json"
            )
            let job = try await job(in: deploy)
            for range in [1...3, 5...7] {
                let attempt = deploy.lines.count { $0.contains("\"type\":\"environment\"") }
                try await moment(scene, deploy, &chance, between: range)
                try strike(victim, scene, deploy)
                if victim == .terraform { try await scene.slipway.hurry(job) }
                try await until("another attempt (\(note)) \(deploy.lines.suffix(3))", within: .seconds(90)) {
                    deploy.child.status != nil || deploy.lines.count { $0.contains("\"type\":\"environment\"") } > attempt
                }
            }
            let code = try await deploy.end(within: .seconds(150))
            #expect(code == 0, "\(deploy.lines.suffix(4)) \(deploy.errors) (\(note))")
            try await scene.expectNothingLost(job, seen: deploy.lines, note: note)
            let state = try await scene.slipway.json("state", "pull", "--project", "crash").stateResources
            #expect(state.count == scene.count, "\(note)")
            let attempts = try await scene.slipway.json("status", job)["attempts"]?.list ?? []
            #expect(attempts.count == 3, "\(attempts) (\(note))")
        }
    }

    @Test func `another worker takes a killed worker's job up within a lease period`() async throws {
        // On a busy machine a deploy may be over before this process has its turn to kill.
        for _ in 0..<4 { if try await takesOver() { return } }
        throw TooLate(description: "a kill in the middle of a deploy")
    }

    /// False when the deploy was over before the kill.
    private func takesOver() async throws -> Bool {
        var chance = Chance(seed: Self.seed ?? .random(in: 1...999_999))
        let note = "two workers, seed \(chance.seed)"
        var hasHit = true
        try await CrashScene.with(.builtin) { scene in
            let slipway = scene.slipway
            let queued = try await slipway.json(
                "deploy",
                scene.source,
                "--project",
                "crash",
                "--auto-approve",
                "--resume-after-crash",
                "--detach"
            )
            let job = try #require(queued["job"]?.text)
            let workers = [try slipway.start("worker"), try slipway.start("worker")]
            let follower = try slipway.start("status", job, "--follow", "--json")
            try await moment(scene, follower, &chance, between: 1...4)
            let first = try scene.worker(in: follower)
            #expect(workers.map(\.pid).contains(first))
            guard follower.child.status == nil, !scene.slipway.terraforms.isEmpty else {
                hasHit = false
                return
            }
            CrashScene.kill([first])
            let killedAt = ContinuousClock.now
            try await until("another attempt (\(note)) \(follower.lines.suffix(3)) \(workers.map(\.errors))", within: .seconds(60)) {
                follower.lines.count { $0.contains("\"type\":\"environment\"") } == 2
            }
            #expect(ContinuousClock.now - killedAt < .seconds(45), "\(note)")
            #expect(try scene.worker(in: follower) != first)
            #expect(try await follower.end() == 0, "\(follower.lines.suffix(3)) \(follower.errors)")
            try await scene.expectNothingLost(job, seen: follower.lines, note: note)
            for worker in workers { worker.child.signal(15) }
            for worker in workers { _ = try await worker.end() }
        }
        return hasHit
    }

    @Test(.requires(.postgres), .requires(.setpriv), arguments: [1, 2, 3])
    func `a killed PostgreSQL loses nothing, and no job runs twice`(round: Int) async throws {
        var chance = Chance(seed: Self.seed ?? .random(in: 1...999_999))
        try await postgresCrash(&chance, killsWorker: false, cloud: .builtin)
    }

    @Test(.requires(.postgres), .requires(.setpriv), arguments: [1, 2])
    func `a killed PostgreSQL and a killed worker lose nothing, and no job runs twice`(round: Int) async throws {
        var chance = Chance(seed: Self.seed ?? .random(in: 1...999_999))
        try await postgresCrash(&chance, killsWorker: true, cloud: .builtin)
    }

    @Test(.requires(.postgres), .requires(.setpriv), .requires(.moto), .requiresProviderMirror)
    func `a killed PostgreSQL loses nothing of the AWS provider's work`() async throws {
        var chance = Chance(seed: Self.seed ?? .random(in: 1...999_999))
        try await postgresCrash(&chance, killsWorker: false, cloud: .aws)
    }

    private func postgresCrash(_ chance: inout Chance, killsWorker: Bool, cloud: CrashScene.Cloud) async throws {
        let note = "postgres\(killsWorker ? " and worker" : ""), \(cloud.rawValue), seed \(chance.seed)"
        let server = try await ThrowawayPostgres()
        var generator = chance
        do {
            guard case .postgres(let url) = server.location() else { throw TooLate(description: "the address of PostgreSQL") }
            try await CrashScene.with(cloud, environment: ["SLIPWAY_DATABASE_URL": url]) { scene in
                let deploy = try scene.slipway.start(
                    "deploy",
                    scene.source,
                    "--project",
                    "crash",
                    "--auto-approve",
                    "--resume-after-crash",
                    "--json"
                )
                let job = try await job(in: deploy)
                try await moment(scene, deploy, &generator)
                let worker = try scene.worker(in: deploy)
                try await server.kill()
                if killsWorker { CrashScene.kill([worker]) }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500, using: &generator)))
                try await server.restart()
                let code = try await deploy.end(within: .seconds(150))
                #expect(code == 0, "\(deploy.lines.suffix(4)) \(deploy.errors) (\(note))")
                let end = try await scene.slipway.run("status", job, "--follow", "--json", timeout: .seconds(150))
                #expect(end.code == 0, "\(end.lines.suffix(3)) \(end.errors) (\(note))")
                try await scene.expectNothingLost(job, seen: deploy.lines, note: note)
                let state = try await scene.slipway.json("state", "pull", "--project", "crash").stateResources
                #expect(state.count == scene.count, "\(note)")
            }
            try await server.remove()
        } catch {
            // The test's own error matters more.
            try? await server.remove()
            throw error
        }
        chance = generator
    }
}
