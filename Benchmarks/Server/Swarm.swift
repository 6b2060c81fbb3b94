import CLinux
import Dispatch
import Glibc

/// Thousands of subscribers of one channel in one thread, by epoll(7): it only notes when an event's last byte has come to each.
final class Swarm: @unchecked Sendable {
    private struct Client {
        let socket: LoopbackSocket
        /// The begin of a frame whose end hasn't come.
        var part: [UInt8] = []
        var arrival: UInt64?
    }

    // @unchecked: used on `queue` only, but for making it.
    private let epoll = slipway_epoll_make()
    private let queue = DispatchQueue(label: "swarm")
    private var clients: [Client] = []
    private var waiting = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    /// Connects and subscribes them, one after the other.
    init(_ count: Int, of server: Served, channel: String) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        clients.reserveCapacity(count)
        let signer = try HTTPConnection(port: server.port)
        for number in 0..<count {
            let token = server.tokens[number % server.tokens.count]
            let neighbour = UInt8(1 + number / 2000)
            let client = try EventSocket(server, channel: channel, token: token, signer: signer, neighbour: neighbour)
            guard slipway_set_nonblocking(client.socket.descriptor) == 0 else { throw LoopbackSocket.failure("fcntl") }
            clients.append(Client(socket: client.socket, part: client.rest))
            let code = slipway_epoll_control(epoll, EPOLL_CTL_ADD, client.socket.descriptor, UInt64(number), EPOLLIN.rawValue)
            guard code == 0 else { throw LoopbackSocket.failure("epoll_ctl") }
            // Signs of life are asked for meanwhile.
            if number % 500 == 499 { _ = try receive(until: 0) }
        }
    }

    deinit {
        close(epoll)
        buffer.deallocate()
    }

    /// Nanoseconds of the clock that arrivals are noted by.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Waits until one event has come to all.
    ///
    /// - Returns: When, for each.
    func arrivals() async throws -> [UInt64] {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(
                    with: Result {
                        for index in self.clients.indices { self.clients[index].arrival = nil }
                        self.waiting = self.clients.count
                        return try self.receive(until: Self.now() + 20_000_000_000)
                    }
                )
            }
        }
    }

    private func receive(until deadline: UInt64) throws -> [UInt64] {
        try withUnsafeTemporaryAllocation(of: slipway_event.self, capacity: 256) { events in
            while waiting > 0 || deadline == 0 {
                let count = slipway_epoll_events(epoll, events.baseAddress, deadline == 0 ? 0 : 1000)
                if count <= 0, deadline < Self.now() { break }
                for index in 0..<max(0, Int(count)) { try take(Int(events[index].tag)) }
            }
        }
        guard waiting == 0 || deadline == 0 else { throw Rig.Failure(description: "\(waiting) clients have not got the event after 20 s.") }
        return clients.compactMap(\.arrival)
    }

    private func take(_ index: Int) throws {
        let descriptor = clients[index].socket.descriptor
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { throw Rig.Failure(description: "The server has closed a client's connection.") }
        let now = Self.now()
        var bytes = clients[index].part[...]
        bytes += buffer[..<count]
        while let frame = WireFrame(bytes) {
            bytes = bytes.dropFirst(frame.count)
            switch frame.opcode {
            case 9: try clients[index].socket.write(WireFrame.bytes(opcode: 10, Array(frame.payload)))
            // {"event":"pusher:… is the protocol's own.
            case 1 where frame.payload.dropFirst(10).starts(with: "pusher".utf8):
                try clients[index].socket.write(WireFrame.bytes(opcode: 1, Array("{\"event\":\"pusher:pong\",\"data\":{}}".utf8)))
            case 1 where clients[index].arrival == nil:
                clients[index].arrival = now
                waiting -= 1
            default: throw Rig.Failure(description: "A client got what nobody sent it.")
            }
        }
        clients[index].part = Array(bytes)
    }
}
