internal import CMicroHTTPD
internal import Glibc
internal import Host

/// libmicrohttpd's threads for plain or for encrypted connections.
///
/// It opens no socket: connections are accepted by the ``ConnectionKeeper`` and added here.
final class Daemon: @unchecked Sendable {
    // @unchecked: the library allows `add` from any thread; `stop` comes last, once.
    private let handle: OpaquePointer

    /// Starts the threads; `core` outlives them.
    ///
    /// - Throws: ``WebServerError/Reason/badCertificate(_:)`` and others.
    init(_ core: ServerCore, threads: Int, tls: TLSFiles?) throws(WebServerError) {
        let certificate = try tls.map { files throws(WebServerError) in try Self.read(files.certificate) }
        let key = try tls.map { files throws(WebServerError) in try Self.read(files.key) }
        var settings = slipway_mhd_settings()
        settings.context = Unmanaged.passUnretained(core).toOpaque()
        settings.threads = UInt32(threads)
        // The library's own limit counts per thread; the one that counts is in ``Admission``.
        settings.connections = UInt32(clamping: (core.limits.connections + 16) * threads)
        settings.timeout_seconds = UInt32(clamping: max(core.limits.stallTime, core.limits.idleTime, .seconds(1)).components.seconds + 1)
        // The header, the library's notes about its lines, and the answer's header lie in it.
        settings.connection_memory = max(32 * 1024, core.limits.headerBytes + core.limits.headerLines * 64 + 8 * 1024)
        settings.target = Callbacks.target
        settings.access = Callbacks.access
        settings.completed = Callbacks.completed
        settings.connection = Callbacks.connection
        settings.failing = Callbacks.failing
        let started = (certificate ?? "").withCString { certificateText in
            (key ?? "").withCString { keyText -> OpaquePointer? in
                settings.certificate = certificate == nil ? nil : certificateText
                settings.key = certificate == nil ? nil : keyText
                return slipway_mhd_start(&settings)
            }
        }
        guard let started else {
            if let tls { throw WebServerError(.badCertificate(tls.certificate)) }
            throw WebServerError(.failed("libmicrohttpd gives no reason"))
        }
        handle = started
    }

    /// Hands an accepted connection over; the library closes it in the end, and at once when it returns false.
    func add(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
        MHD_add_connection(handle, descriptor, address, length) == .YES
    }

    /// Ends the threads and closes what is open; blocks.
    ///
    /// No connection may be suspended any more: the library would end the process.
    func stop() { MHD_stop_daemon(handle) }

    private static func read(_ path: String) throws(WebServerError) -> String {
        do throws(HostError) {
            return String(decoding: try OpenFile(reading: path).read(from: 0, limit: 1024 * 1024), as: UTF8.self)
        } catch {
            throw WebServerError(.file(error))
        }
    }
}
