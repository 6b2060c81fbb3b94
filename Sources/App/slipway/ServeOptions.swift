import FoundationEssentials
import Log
import WebServer

/// How `slipway serve` is to listen, from its options and the environment.
struct ServeOptions: Sendable {
    /// Where it listens besides the data folder's socket.
    let listeners: [Listener]
    let trustedProxies: [AddressRange]
    /// How many jobs compute at once; 0: this process runs none.
    let workers: Int

    /// - Throws: ``UsageError`` for an address that is none, or half a certificate.
    init(_ context: CommandContext, _ configuration: Configuration) throws(UsageError) {
        let command = context.command
        let (certificate, key) = (command.string("tls-cert"), command.string("tls-key"))
        var tls: TLSFiles?
        switch (certificate, key) {
        case (nil, nil): break
        case (let certificate?, let key?): tls = TLSFiles(certificate: certificate, key: key)
        default: throw UsageError(message: "--tls-cert and --tls-key go together.", command: command.path)
        }
        let places = command.strings("listen")
        var listeners: [Listener] = []
        for place in places.isEmpty ? configuration.listen : places {
            guard let listener = Self.listener(place, tls) else {
                throw UsageError(
                    message: "'\(Harmless.line(place))' is no address to listen on; use HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080.",
                    command: command.path
                )
            }
            listeners.append(listener)
        }
        self.listeners = listeners
        var proxies: [AddressRange] = []
        for text in command.strings("trusted-proxy") {
            guard let range = AddressRange(text) else {
                throw UsageError(
                    message: "'\(Harmless.line(text))' is no range of addresses; use for example 10.0.0.0/8 or ::1.",
                    command: command.path
                )
            }
            proxies.append(range)
        }
        trustedProxies = proxies
        workers = command.integer("workers") ?? configuration.workers ?? ProcessInfo.processInfo.activeProcessorCount
    }

    /// `127.0.0.1:8080`, `[::1]:8080`, `:8080` for all addresses.
    static func listener(_ text: String, _ tls: TLSFiles?) -> Listener? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), 0...65_535 ~= port else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) } else if host.contains(":") { return nil }
        return .tcp(host: host.isEmpty ? "0.0.0.0" : host, port: port, tls: tls)
    }
}
