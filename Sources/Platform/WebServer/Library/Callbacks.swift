internal import CMicroHTTPD

/// What libmicrohttpd calls, on its own threads; the context is the ``ServerCore``.
enum Callbacks {
    /// The first line of a request is there: its exchange begins, and ends with `completed`.
    static let target: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
        context,
        text,
        connection in
        guard let core = core(context), let connection, let owner = owner(connection) else { return nil }
        owner.targetCame(connection)
        let exchange = Exchange(core, owner, connection, target: text.map { String(cString: $0) } ?? "")
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    static let access: MHD_AccessHandlerCallback = { _, _, _, method, version, data, size, context in
        guard let context, let size, let exchange = exchange(context.pointee), let method, let version else { return .NO }
        return exchange.proceed(method: method, version: version, data: data, count: size)
    }

    static let completed: MHD_RequestCompletedCallback = { _, _, context, code in
        guard let context, let pointer = context.pointee else { return }
        context.pointee = nil
        Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue().completed(isWhole: code == .REQUEST_TERMINATED_COMPLETED_OK)
    }

    static let connection: MHD_NotifyConnectionCallback = { context, connection, place, code in
        guard let core = core(context), let connection, let place else { return }
        if code == .CONNECTION_NOTIFY_STARTED {
            guard let owner = core.connections[slipway_mhd_descriptor(connection)] else { return }
            place.pointee = Unmanaged.passRetained(owner).toOpaque()
        } else if let pointer = place.pointee {
            place.pointee = nil
            core.closed(Unmanaged<Connection>.fromOpaque(pointer).takeRetainedValue())
        }
    }

    /// The library answers by itself, and not well: with two heads for a bad `Content-Length`, and with 500 for a chunk's size or extension that
    /// is longer than its memory (0.9.75).
    ///
    /// It doesn't say to whom. A connection of this thread in that state is answered here instead; what the library writes then is lost.
    static let failing: @convention(c) (UnsafeMutableRawPointer?, UInt32) -> Void = { context, status in
        guard let core = core(context) else { return }
        var stuck: [Connection] = []
        core.connections.forEach { connection in
            switch connection.fault {
            case .none: break
            case .badLength: RawAnswer.refuse(with: Int(status), connection.descriptor)
            case .maybeBadChunks: if status == 500 { stuck.append(connection) }
            }
        }
        // Among several it is unknown which one has the bad chunk, and the others are in good faith.
        if stuck.count == 1 { RawAnswer.refuse(with: 400, stuck[0].descriptor) }
    }

    private static func core(_ context: UnsafeMutableRawPointer?) -> ServerCore? {
        context.map { Unmanaged<ServerCore>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func owner(_ connection: OpaquePointer) -> Connection? {
        slipway_mhd_socket_context(connection).map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func exchange(_ context: UnsafeMutableRawPointer?) -> Exchange? {
        context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
    }
}
