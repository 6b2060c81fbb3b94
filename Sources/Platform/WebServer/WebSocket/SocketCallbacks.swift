internal import CWslay

/// What the library calls; its user data is the link, which outlives the context.
enum SocketCallbacks {
    static var table: wslay_event_callbacks {
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = { _, buffer, count, _, link in
            guard let buffer, let link = SocketCallbacks.link(link) else { return -1 }
            return link.read(into: buffer, count)
        }
        // Takes all: control frames stand in the same line as messages, whole.
        callbacks.send_callback = { _, bytes, count, _, link in
            guard let link = SocketCallbacks.link(link) else { return -1 }
            link.takeReply(UnsafeBufferPointer(start: bytes, count: count))
            return count
        }
        callbacks.on_frame_recv_start_callback = { _, frame, link in
            guard let frame else { return }
            SocketCallbacks.link(link)?.frameBegins(frame.pointee)
        }
        callbacks.on_msg_recv_callback = { _, message, link in
            guard let message else { return }
            SocketCallbacks.link(link)?.take(message.pointee)
        }
        return callbacks
    }

    private static func link(_ pointer: UnsafeMutableRawPointer?) -> SocketLink? {
        pointer.map { Unmanaged<SocketLink>.fromOpaque($0).takeUnretainedValue() }
    }
}
