import API
import Access
import Domain
import Events
import FoundationEssentials
import Host
import Schema
import Storage
import Synchronization
import TestKit
import WebServer

/// A web server with the live routes on a database of its own, and a hub that works; organization 1 and its deployment 7 are the client's.
struct LiveScene: Sendable {
    let database: Database
    let hub: BroadcastHub
    let pusher: PusherServer
    let port: Int

    static let terraform = BroadcastChannel.organization(OrganizationID(rawValue: 1), .terraform)
    static let shop = BroadcastChannel.deployment(DeploymentID(rawValue: 7))

    /// On a busy machine a client may take long until it subscribes.
    static var patient: PusherLimits {
        var limits = PusherLimits()
        limits.authenticationTime = .seconds(120)
        return limits
    }

    static func with(
        _ kind: TestDatabase = .sqlite,
        limits: PusherLimits = patient,
        isEnabled: Bool = true,
        _ body: @Sendable (LiveScene) async throws -> Void
    ) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            let hub = BroadcastHub(database: database)
            let app = PusherApp(key: "slipway", secret: Array("a secret of the tests".utf8))
            let pusher = PusherServer(app: app, hub: hub, rights: Rights(), limits: limits, isEnabled: isEnabled)
            let (authorization, stream) = (
                PusherAuthorization(app: app), EventStream(hub: hub, rights: Rights(), heartbeat: .milliseconds(200))
            )
            var configuration = ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)])
            configuration.threads = 2
            let server = try HTTPServer.start(configuration) { request in
                switch request.segments.first {
                case "app": pusher.response(to: request)
                case "broadcasting": await authorize(request, authorization)
                case "api": await events(request, stream)
                default: .text("", status: 404)
                }
            }
            let scene = LiveScene(database: database, hub: hub, pusher: pusher, port: server.addresses[0].port ?? 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await hub.run() }
                group.addTask { await pusher.run() }
                do {
                    try await body(scene)
                } catch {
                    group.cancelAll()
                    await server.stop(within: .seconds(1))
                    throw error
                }
                group.cancelAll()
            }
            await server.stop(within: .seconds(5))
        }
    }

    /// The client's never change.
    private struct Rights: ChannelRights {
        func readable(_ channels: [BroadcastChannel], by subject: Subject) -> Set<BroadcastChannel> { Set(channels.filter(isAllowed)) }
    }

    @Sendable static func isAllowed(_ channel: BroadcastChannel) -> Bool {
        switch channel {
        case .organization(let id, _): id.rawValue == 1
        case .deployment(let id): id.rawValue == 7
        }
    }

    private static func authorize(_ request: Request, _ authorization: PusherAuthorization) async -> Response {
        do {
            let body = String(decoding: try await request.body.collect(upTo: 10_000), as: UTF8.self)
            guard let form = RequestTarget("/?\(body)") else { return .text("", status: 400) }
            let text = try await authorization.authorize(
                socketID: form.query("socket_id") ?? "",
                channelName: form.query("channel_name") ?? "",
                subject: .token(TokenID(rawValue: 12)),
                member: .init(id: request.headers["X-User"] ?? "anna", info: ["name": "\"Anna\" Ä"]),
                isAllowed: isAllowed
            )
            return .text(text, type: "application/json")
        } catch {
            return .text("\(error)", status: 403)
        }
    }

    private static func events(_ request: Request, _ stream: EventStream) async -> Response {
        do {
            let wish = try EventStreamRequest(request)
            guard wish.channels.allSatisfy(isAllowed) else { return .text("", status: 403) }
            return try await stream.response(to: wish, for: .local)
        } catch {
            return .text("\(error)", status: 400)
        }
    }

    /// Appends events with these data, each in a transaction of its own.
    func tell(_ channel: BroadcastChannel, _ data: [String], name: String = "TerraformProvisioningProgress") async throws {
        for text in data {
            try await database.write { try BroadcastStore().append([NewBroadcast(channel, name: name, data: text)], at: Date(), in: $0) }
        }
    }
}

/// A program whose lines a test reads as they come.
final class Talker: Sendable {
    private let state = Mutex((bytes: [UInt8](), taken: 0))
    private let child: Mutex<ChildProcess?> = Mutex(nil)

    init(_ program: String, _ arguments: [String]) throws {
        let command = ChildProcess.Command(
            program,
            arguments,
            environment: ["PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"],
            output: .pieces { [state = Weak(self)] piece in state.value?.state.withLock { $0.bytes += piece } },
            errorOutput: .pieces { [state = Weak(self)] piece in state.value?.state.withLock { $0.bytes += piece } }
        )
        let started = try ChildProcess.start(command)
        child.withLock { $0 = started }
    }

    deinit { child.withLock { _ = $0?.signal(9, group: true) } }

    /// All whole lines so far.
    var lines: [String] {
        let bytes = state.withLock { $0.bytes }
        return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Waits until the lines fulfil a condition.
    @discardableResult
    func wait(
        for what: String,
        within limit: Duration = .seconds(60),
        _ condition: @escaping @Sendable ([String]) -> Bool
    ) async throws -> [String] {
        do {
            return try await within(limit, what) { [self] in
                while true {
                    let lines = lines
                    if condition(lines) { return lines }
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
        } catch let error as TooLate {
            throw TooLate(description: "\(error): \(lines.suffix(5))")
        }
    }

    /// Waits for a line that begins so, and returns the rest of it.
    func line(_ prefix: String) async throws -> String {
        let lines = try await wait(for: "line \(prefix)") { $0.contains { $0.hasPrefix(prefix) } }
        return String(lines.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count) ?? "")
    }

    func stop() async {
        let child = child.withLock { $0 }
        child?.signal(9, group: true)
        _ = await child?.wait()
    }

    func wait() async throws -> [String] {
        let child = child.withLock { $0 }
        _ = try await within(.seconds(60), "the program's end") { await child?.wait() }
        return lines
    }
}

private struct Weak: Sendable {
    weak let value: Talker?
    init(_ value: Talker) { self.value = value }
}
