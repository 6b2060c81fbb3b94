import API
import FoundationEssentials
import Host
import Log
import Sealing
import WebServer

/// Runs `slipway local-cloud`: machines to try things out with, on this one.
enum LocalCloudCommand {
    private struct Begin: Encodable {
        enum CodingKeys: String, CodingKey {
            case type, network, docker, user
            case localCloud = "local_cloud"
        }

        let type = "listening"
        /// What the template's variable of that name takes.
        let localCloud: String
        let network: MachineSetting.Network
        let docker: String
        let user: String
    }

    private struct Event: Encodable {
        let type: String
        let machine: LocalMachine
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let place = command.string("listen") ?? "127.0.0.1:7722"
        guard let listener = ServeOptions.listener(place, nil) else {
            throw UsageError(
                message: "'\(Harmless.line(place))' is no address to listen on; use HOST:PORT, as in 127.0.0.1:7722.",
                command: command.path
            )
        }
        let docker = command.string("docker").flatMap(MachineSetting.Docker.init(rawValue:)) ?? .none
        let setting = try MachineSetting(environment: context.environment, loopback: command.flag("loopback"), docker: docker)
        try await setting.check()
        let folder = "\(try context.configuration().dataFolder)/local-cloud"
        let cloud = try LocalCloud(folder: folder, setting: setting)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let signals = StopSignals {
            stop.yield()
        } again: {
            // The kernel ends the machines with this process.
            CurrentProcess.exitAtOnce(130)
        }
        defer { signals.restore() }
        do {
            let token = try token(in: folder)
            let routes = LocalCloudRoutes(cloud: cloud, token: token) { say($0, $1, context.output) }
            let server = try HTTPServer.start(ServerConfiguration(listeners: [listener])) { await routes.respond(to: $0) }
            if docker == .shared, setting.isRoot { context.output.note("Docker is starting.") }
            try await cloud.begin()
            try greet(server, token, setting, context.output)
            for await _ in stops { break }
            context.output.note("Ending all machines.")
            // Nobody makes one any more while they end.
            await server.stop()
            await cloud.end()
        } catch {
            await cloud.end()
            throw error
        }
        return .done
    }

    // MARK: - Details

    private static func greet(_ server: HTTPServer, _ token: String, _ setting: MachineSetting, _ output: Output) throws {
        guard let address = server.addresses.first else { return }
        let url = "\(address)".replacing("http://", with: "http://\(token)@")
        if output.isJSON {
            let begin = Begin(localCloud: url, network: setting.network, docker: setting.docker.rawValue, user: setting.user)
            return output.line(String(decoding: try JSONDocument.compact(begin), as: UTF8.self))
        }
        output.line("local cloud on \(address)")
        output.note(setting.sentence)
        output.note("")
        output.note("In another terminal, to make two machines:")
        output.note("    export TF_VAR_local_cloud=\(url)")
        output.note("    slipway deploy Examples/local-servers --project local --var servers=2")
        output.note("")
        output.note("Ctrl-C ends the service and all its machines.")
    }

    private static func say(_ event: String, _ machine: LocalMachine, _ output: Output) {
        if output.isJSON {
            // Texts and numbers always encode.
            let line = (try? JSONDocument.compact(Event(type: event, machine: machine))) ?? []
            return output.line(String(decoding: line, as: UTF8.self))
        }
        output.line("\(event) \(machine.name): ssh -p \(machine.port) \(machine.user)@\(machine.ip)")
    }

    /// The same for every start, so that what was deployed with it can be destroyed.
    private static func token(in folder: String) throws -> String {
        let path = "\(folder)/token"
        if FileSystem.exists(path) { return String(decoding: try FileSystem.read(path), as: UTF8.self) }
        let token = Hexadecimal.text(try RandomBytes.make(count: 20))
        try FileSystem.write(Array(token.utf8), to: path)
        return token
    }
}
