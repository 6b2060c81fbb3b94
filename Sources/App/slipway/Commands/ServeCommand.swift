import API
import Access
import Audit
import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import Log
import Provisioning
import Registration
import StateVault
import Storage
import Terraform
import WebServer

/// Runs `slipway serve`: API, events and workers in one process.
enum ServeCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        Heap.returnLargeBlocks()
        let configuration = try context.configuration()
        let options = try ServeOptions(context, configuration)
        let program = try await context.open(readers: 8)
        let access = AccessStore(database: program.database)
        let author = program.author
        if try await access.organizations(limit: 1).isEmpty { try await program.ensureOrganization("default") }
        let (services, refusal) = await provisioning(program, mustRun: options.workers > 0)
        if let refusal {
            guard options.workers == 0 else { throw refusal }
            context.output.note("Terraform can't be run here, so configurations can't be validated: \(ErrorText.sentence(of: refusal))")
        }
        // Validations start Terraform, too: beside the worker's jobs there are never more than its slots.
        let slots = SpareSlots(count: options.workers)
        let (metrics, live, drain) = (Metrics(), try await liveServices(program, access), Drain())
        let api = APIServer(
            services: program.apiServices(
                access: access,
                validation: services.map { SourceValidation(services: $0, slots: slots) },
                live: live,
                metrics: metrics,
                drain: drain
            )
        )
        var listening = serverConfiguration(options, program)
        listening.answerAtOnce = { api.respondAtOnce(to: $0) }
        let server = try HTTPServer.start(listening) { await api.respond(to: $0) }
        metrics.add { gauges(of: server, live) }
        // Not before it listens: it is shown this once, and nobody looks for it above an error.
        if let token = try await access.ensureAdministratorToken(by: author) { context.output.line("administrator token: \(token)") }
        for address in server.addresses { context.output.line("listening on \(address)") }
        let worker = try services.flatMap { options.workers > 0 ? try makeWorker(program, $0, options.workers, slots) : nil }
        if let worker, let services {
            context.output.note("Worker \(worker.name) with \(services.runner.program)")
            context.output.note("\(services.runner.sandbox.sentence)")
        }
        try await serve(
            Running(
                server: server,
                live: live,
                drain: drain,
                worker: worker?.worker,
                access: access,
                services: services,
                program: program,
                output: context.output,
                environment: context.environment
            )
        )
        await program.database.close()
        return .done
    }

    // MARK: - Running

    private struct Running: Sendable {
        let server: HTTPServer
        let live: LiveServices
        let drain: Drain
        let worker: Worker?
        let access: AccessStore
        let services: ProvisioningServices?
        let program: Composition
        let output: Output
        let environment: [String: String]
    }

    /// Serves until the first signal, then drains; the second one ends the process at once.
    private static func serve(_ running: Running) async throws {
        let (ends, end) = AsyncStream.makeStream(of: (any Error)?.self)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let signals = StopSignals {
            running.output.note("Stopping: what is under way comes to a good end first; a second signal ends the server at once.")
            ServiceManager.tell(.stopping, environment: running.environment)
            running.worker?.shutDown()
            stop.yield()
        } again: {
            // What was acknowledged is durable, and leases end by themselves.
            CurrentProcess.exitAtOnce(130)
        }
        defer { signals.restore() }
        // Not before a signal drains: from here on it may be told to stop.
        ServiceManager.tell(.ready, environment: running.environment)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await upkeep(running) }
            if running.worker != nil, let services = running.services { group.addTask { await services.runner.verifyStore() } }
            if running.worker != nil { group.addTask { await HealthMonitor(running.program.registration).run() } }
            // Awaited by the group; cancelled by the first signal, so that streams of events end in order before the server waits for them.
            let hub = Task { await running.live.hub.run() }
            group.addTask {
                await withTaskCancellationHandler {
                    await hub.value
                } onCancel: {
                    hub.cancel()
                }
            }
            group.addTask { await running.live.pusher.run() }
            if let worker = running.worker {
                group.addTask {
                    // Its end is the server's, too: it comes by itself only when it could not begin.
                    do {
                        try await worker.run()
                        end.yield(nil)
                    } catch {
                        end.yield(error)
                    }
                    stop.yield()
                }
            }
            group.addTask {
                for await _ in stops { break }
                running.drain.begin()
                running.live.pusher.close()
                hub.cancel()
                await running.server.stop()
                end.yield(nil)
            }
            defer { group.cancelAll() }
            // Upkeep and events go on until server and worker are over.
            var failure: (any Error)?
            for await error in ends.prefix(running.worker == nil ? 1 : 2) { failure = failure ?? error }
            // What was rescued since the last look: nobody may come by for long.
            if running.worker != nil, let services = running.services { await LeftoverRescue(services: services).run() }
            if let failure { throw failure }
        }
    }

    /// Leftovers of runs that died, and what is of no use any more; every minute.
    private static func upkeep(_ running: Running) async {
        var minute = 0
        while !Task.isCancelled {
            if running.worker != nil, let services = running.services { await LeftoverRescue(services: services).run() }
            if minute % 60 == 0 {
                do { try await running.access.prune() } catch {
                    running.program.logger.warning("Old sessions and tokens could not be removed", ["error": .init("\(error)")])
                }
            }
            // The start is over; once only, as what a busy server needs should stay.
            if minute == 0 { ResidentCode.letGo() }
            minute += 1
            try? await Task.sleep(for: .seconds(60))  // cancelled: the loop's condition ends it
        }
    }

    // MARK: - Wiring

    private static func provisioning(_ program: Composition, mustRun: Bool) async -> (ProvisioningServices?, (any Error)?) {
        do {
            let identity = WorkerIdentity.current(version: Program.version)
            let sandbox = try await program.sandbox()
            let groups = await Composition.groups(program.configuration)
            program.logger.info("Runs have limits", ["limits": .init(groups.sentence)])
            let worker = "\(identity.host):\(identity.pid)"
            return (try await program.provisioning(worker: worker, sandbox: sandbox, groups: groups.groups), nil)
        } catch {
            return (nil, error)
        }
    }

    private static func serverConfiguration(_ options: ServeOptions, _ program: Composition) -> ServerConfiguration {
        let socket = "\(program.configuration.dataFolder)/slipway.sock"
        var configuration = ServerConfiguration(listeners: options.listeners + [.unix(path: socket)])
        configuration.trustedProxies = options.trustedProxies
        let logger = program.logger
        guard logger.writes(.info) else { return configuration }
        configuration.onAccess = { record in
            logger.info(
                "request",
                [
                    "http.method": .init(record.method), "http.path": .init(record.path), "http.status": .init(record.status),
                    "http.sent": .init(record.sentBytes), "http.ms": .init(Int(clamping: record.duration / .milliseconds(1))),
                    "client": .init(record.clientAddress), "request.id": .init(record.requestID),
                ]
            )
        }
        return configuration
    }

    private static func makeWorker(
        _ program: Composition,
        _ services: ProvisioningServices,
        _ count: Int,
        _ spare: SpareSlots
    ) throws -> (worker: Worker, name: String) {
        let identity = WorkerIdentity.current(version: Program.version)
        let worker = try Worker(
            database: program.database,
            store: program.jobs,
            handlers: program.handlers(services),
            limits: WorkerLimits(computing: count, waiting: count * 8),
            periodic: StateVault.periodicJobs + BroadcastPruneHandler.periodicJobs,
            spare: spare,
            identity: identity,
            onRenewal: { services.runner.watchdog?.renew(for: $0) },
            logger: program.logger
        )
        return (worker, "\(identity.host):\(identity.pid)")
    }

    private static func liveServices(_ program: Composition, _ access: AccessStore) async throws -> LiveServices {
        let secret = try await SharedSecret.read("pusher", database: program.database, keyring: program.keyring, now: Date())
        let app = PusherApp(key: "slipway", secret: secret)
        let hub = BroadcastHub(database: program.database, logger: program.logger)
        return LiveServices(hub: hub, app: app, rights: StoredRights(database: program.database, access: access))
    }

    private static func gauges(of server: HTTPServer, _ live: LiveServices) -> [Metrics.Gauge] {
        let counts = live.hub.counts
        return [
            .init("slipway_connections", "Open connections, WebSockets included", Double(server.connectionCount)),
            .init("slipway_websockets", "Open WebSockets", Double(server.webSocketCount)),
            .init("slipway_event_channels", "Channels that somebody follows", Double(counts.channels)),
            .init("slipway_event_subscriptions", "Who follows them, once for each channel", Double(counts.subscribers)),
            .init("slipway_events_read", "Events read since the start", Double(counts.read)),
            .init("slipway_events_delivered", "Events handed to followers since the start", Double(counts.delivered)),
            .init("slipway_event_followers_behind", "Followers that fell behind since the start", Double(counts.fellBehind)),
        ]
    }
}
