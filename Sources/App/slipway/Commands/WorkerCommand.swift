import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import Provisioning
import Registration
import StateVault
import Storage
import Terraform

/// Runs `slipway worker`.
enum WorkerCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let configuration = try context.configuration()
        // Found out by a process of its own, beside the opening of the database: a deploy waits for both.
        async let sandbox = Composition.sandbox(configuration)
        async let groups = Composition.groups(configuration)
        let program = try await context.open()
        let identity = WorkerIdentity.current(version: Program.version)
        let services = try await program.provisioning(
            worker: "\(identity.host):\(identity.pid)",
            sandbox: try await sandbox,
            groups: await groups.groups
        )
        let only = command.string("only").map { JobID(rawValue: $0) }
        let slots = command.integer("concurrency") ?? program.configuration.workers ?? ProcessInfo.processInfo.activeProcessorCount
        let worker = try Worker(
            database: program.database,
            store: program.jobs,
            handlers: program.handlers(services),
            limits: WorkerLimits(computing: slots, waiting: slots * 8),
            periodic: StateVault.periodicJobs + BroadcastPruneHandler.periodicJobs,
            only: only,
            identity: identity,
            onRenewal: { services.runner.watchdog?.renew(for: $0) },
            logger: program.logger
        )
        if only == nil {
            context.output.note("Worker \(identity.host):\(identity.pid) with \(services.runner.program)")
            context.output.note("\(services.runner.sandbox.sentence)")
            context.output.note("\(services.workspaces.sentence)")
            context.output.note("the limits of runs are \(await groups.sentence)")
        }
        let interrupts = InterruptHandler(first: { worker.shutDown() }, again: {})
        defer { interrupts.restore() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // At start, and for what other workers of this machine leave later.
                while !Task.isCancelled {
                    await LeftoverRescue(services: services).run()
                    // The start is over, or a minute's work: a worker that waits needs little of the code. One for a single job never waits.
                    if only == nil { ResidentCode.letGo() }
                    try? await Task.sleep(for: .seconds(60))  // cancelled: the loop's condition ends it
                }
            }
            if only == nil { group.addTask { await services.runner.verifyStore() } }
            if only == nil, !command.flag("exit-when-idle") {
                group.addTask { await HealthMonitor(program.registration).run() }
            }
            if only == nil, command.flag("exit-when-idle") {
                group.addTask { try await endWhenIdle(worker, program) }
            }
            defer { group.cancelAll() }
            try await worker.run()
        }
        // What was rescued since the last look: nobody may come by for long.
        await LeftoverRescue(services: services).run()
        if only != nil { try await BackupErrand(program: program, identity: identity).run() }
        await program.database.close()
        return .done
    }

    /// Ends the worker once it runs nothing and nothing that is due waits.
    private static func endWhenIdle(_ worker: Worker, _ program: Composition) async throws {
        var idleLooks = 0
        while idleLooks < 2 {
            try await Task.sleep(for: .milliseconds(500))
            let due = try await program.database.read { [jobs = program.jobs] transaction in
                try jobs.jobs(JobFilter(statuses: [.pending, .processing]), page: JobPage(limit: 1), in: transaction)
            }
            idleLooks = due.isEmpty && worker.runningJobs.isEmpty ? idleLooks + 1 : 0
        }
        worker.shutDown()
    }
}
