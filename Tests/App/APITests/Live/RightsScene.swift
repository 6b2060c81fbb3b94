import Access
import Audit
import Domain
import Events
import FoundationEssentials
import Jobs
import Log
import Schema
import Sealing
import StateVault
import Storage
import TestKit
import WebServer

@testable import API

/// Two server processes of one installation on one database: clients listen to the first, and are let in and thrown out by the second.
struct RightsScene: Sendable {
    /// Who listens, and by what.
    struct Listener: Sendable {
        let user: UserID
        let subject: Subject
        /// Of its requests, as curl and Python take them.
        let headers: [String: String]
    }

    let first: APIServices
    let second: APIServices
    let rights: WatchedRights
    let ports: (first: Int, second: Int)
    let organization: OrganizationID

    static let author = Author("test")
    static let password = "correct horse battery"

    var channel: BroadcastChannel { .organization(organization, .terraform) }

    static func with(_ kind: TestDatabase, _ body: @Sendable (RightsScene) async throws -> Void) async throws {
        try await kind.location(migrations: Schema.migrations) { try await with($0, body) }
    }

    static func with(_ location: DatabaseLocation, _ body: @Sendable (RightsScene) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let keyring = try Keyring.open(folder: folder.path, environment: [:], createsMissing: true)
        let (one, other) = (try await Database.open(location), try await Database.open(location))
        do {
            try await Migrator(Schema.migrations).migrate(one)
            try await with(one, other, keyring, body)
        } catch {
            await one.close()
            await other.close()
            throw error
        }
        await one.close()
        await other.close()
    }

    private static func with(
        _ one: Database,
        _ other: Database,
        _ keyring: Keyring,
        _ body: @Sendable (RightsScene) async throws -> Void
    ) async throws {
        let access = AccessStore(database: one, passwords: PasswordHasher(cost: .init(logN: 4, r: 8, p: 1)))
        let rights = WatchedRights(StoredRights(database: one, access: access))
        let first = services(one, keyring, access, rights)
        let second = services(other, keyring, AccessStore(database: other), rights)
        let (server, secondServer) = (try start(first), try start(second))
        let scene = RightsScene(
            first: first,
            second: second,
            rights: rights,
            ports: (server.addresses[0].port ?? 0, secondServer.addresses[0].port ?? 0),
            organization: try await access.createOrganization(named: "acme", by: author).id
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await first.live?.hub.run() }
            group.addTask { await first.live?.pusher.run() }
            do {
                try await body(scene)
            } catch {
                group.cancelAll()
                await server.stop(within: .seconds(1))
                await secondServer.stop(within: .seconds(1))
                throw error
            }
            group.cancelAll()
        }
        await server.stop(within: .seconds(5))
        await secondServer.stop(within: .seconds(5))
    }

    private static func services(
        _ database: Database,
        _ keyring: Keyring,
        _ access: AccessStore,
        _ rights: WatchedRights
    ) -> APIServices {
        let vault = StateVault(database: database, keyring: keyring)
        let app = PusherApp(key: "slipway", secret: Array("a secret of the tests".utf8))
        return APIServices(
            database: database,
            keyring: keyring,
            vault: vault,
            locks: StateLocks(vault: vault),
            jobs: JobStore(),
            access: access,
            logger: .none,
            version: "test",
            live: LiveServices(hub: BroadcastHub(database: database), app: app, rights: rights, recheck: .milliseconds(50)),
            limits: RateLimits(perCaller: 100_000, perStranger: 100_000)
        )
    }

    private static func start(_ services: APIServices) throws -> HTTPServer {
        let api = APIServer(services: services)
        var configuration = ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)])
        configuration.threads = 2
        return try HTTPServer.start(configuration) { await api.respond(to: $0) }
    }

    // MARK: - Listeners

    /// A member with a token, or with a session.
    func listener(_ name: String, bySession: Bool = false) async throws -> Listener {
        let access = first.access
        let user = try await access.createUser(named: name, password: Self.password, by: Self.author).id
        try await access.grant(.viewer, to: user, in: organization, by: Self.author)
        if bySession {
            let begun = try await access.logIn(name, password: Self.password, from: "192.0.2.1")
            let headers = ["Cookie": "\(Credentials.cookie)=\(begun.text)", "X-CSRF-Token": begun.session.csrfToken]
            return Listener(user: user, subject: begun.session.principal.subject, headers: headers)
        }
        let made = try await access.createToken(NewToken(name: name, owner: .user(user)), by: Self.author)
        return Listener(user: user, subject: .token(made.token.id), headers: ["Authorization": "Bearer \(made.text)"])
    }

    /// Server-sent events by curl; at the end of the stream comes the line `exit`, 0 for one that ended in order.
    func stream(_ listener: Listener) throws -> Talker {
        let headers = listener.headers.flatMap { ["-H", "\($0): \($1)"] }
        let address = "http://127.0.0.1:\(ports.first)/api/events?channels=\(channel)"
        return try Talker("/bin/sh", ["-c", #""$@"; echo "exit $?""#, "sh", RequiredTool.curl.path ?? "", "-sN"] + headers + [address])
    }

    /// A WebSocket of the Pusher protocol, which the second process lets in; says `data`, and the codes that it ends with.
    ///
    /// A late one gets its signature, says `signed`, and subscribes when it is nobody any more.
    func socket(_ listener: Listener, isLate: Bool = false) throws -> Talker {
        let script = """
            import json, sys, time, requests, websocket
            first, second, channel, headers = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
            isLate = sys.argv[5:] == ["late"]
            socket = websocket.create_connection(f"ws://127.0.0.1:{first}/app/slipway?protocol=7", timeout=180)
            def hear(): return json.loads(socket.recv())
            id = json.loads(hear()["data"])["socket_id"]
            auth = requests.post(f"http://127.0.0.1:{second}/broadcasting/auth", headers=headers,
                json={"socket_id": id, "channel_name": channel}).json()
            if isLate:
                print("signed", flush=True)
                while requests.get(f"http://127.0.0.1:{second}/api/session", headers=headers).status_code != 401: time.sleep(0.02)
            socket.send(json.dumps({"event": "pusher:subscribe", "data": {"channel": channel, **auth}}))
            while True:
                heard = hear()
                if heard["event"] == "pusher:error": break
                print(f"data: {heard['data']}" if heard["event"] == "log" else heard["event"], flush=True)
            if isLate: sys.exit(print("refused", heard["data"]["code"], heard["data"]["message"], flush=True))
            opcode, data = socket.recv_data()
            print("error", heard["data"]["code"], opcode, int.from_bytes(data[:2], "big"), heard["data"]["message"], flush=True)
            """
        let headers = String(decoding: try JSONEncoder().encode(listener.headers), as: UTF8.self)
        return try Talker(
            RequiredTool.pysher.path ?? "",
            ["-c", script, "\(ports.first)", "\(ports.second)", "private-\(channel)", headers] + (isLate ? ["late"] : [])
        )
    }

    /// What the first process answers a listener that comes back.
    func status(_ listener: Listener) async throws -> String {
        let headers = listener.headers.flatMap { ["-H", "\($0): \($1)"] }
        let address = "http://127.0.0.1:\(ports.first)/api/events?channels=\(channel)"
        let command = ["-s", "-m", "1", "-o", "/dev/null", "-w", "%{http_code}\\n"] + headers + [address]
        return try await Talker(RequiredTool.curl.path ?? "", command).wait().first ?? ""
    }

    /// Appends an event, as soon as the database takes it.
    func tell(_ number: Int) async throws {
        let (database, channel) = (second.database, channel)
        try await within(.seconds(60), "a database that writes") {
            while true {
                do {
                    let event = NewBroadcast(channel, name: "log", data: "\(number)")
                    return try await database.write { try BroadcastStore().append([event], at: Date(), in: $0) }
                } catch is StorageError {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }
}
