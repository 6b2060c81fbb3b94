internal import CLinux
internal import Glibc
internal import Host

/// An epoll instance with a bell; epoll(7), eventfd(2).
final class Poller: Sendable {
    struct Event {
        let tag: UInt64
        let events: UInt32

        func has(_ flag: EPOLL_EVENTS) -> Bool { events & flag.rawValue != 0 }
    }

    /// The bell's own tag.
    static let bell = UInt64.max

    private let epoll: Int32
    private let eventDescriptor: Int32

    init() throws(WebServerError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        eventDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard epoll >= 0, eventDescriptor >= 0, add(eventDescriptor, tag: Self.bell, EPOLLIN.rawValue) else {
            throw WebServerError(.failed("\(HostError(errno: errno, doing: "watch", path: "sockets"))"))
        }
    }

    deinit {
        close(epoll)
        close(eventDescriptor)
    }

    @discardableResult
    func add(_ descriptor: Int32, tag: UInt64, _ events: UInt32) -> Bool { control(EPOLL_CTL_ADD, descriptor, tag, events) }

    func modify(_ descriptor: Int32, tag: UInt64, _ events: UInt32) { _ = control(EPOLL_CTL_MOD, descriptor, tag, events) }

    /// Before the descriptor is closed; one that isn't watched is no matter.
    func remove(_ descriptor: Int32) { epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil) }

    /// Ends the wait that is on, or the next one; from any thread.
    func ring() {
        var one: UInt64 = 1
        write(eventDescriptor, &one, 8)
    }

    /// Waits for events and calls `body` with each; the bell is silenced first.
    ///
    /// - Parameters:
    ///   - milliseconds: The longest wait; -1 is for ever.
    ///   - body: Called with each event, the bell's included.
    func wait(_ milliseconds: Int, _ body: (Event) -> Void) {
        withUnsafeTemporaryAllocation(of: slipway_event.self, capacity: 256) { buffer in
            let count = slipway_epoll_events(epoll, buffer.baseAddress, Int32(clamping: milliseconds))
            for index in 0..<max(0, Int(count)) {
                let event = Event(tag: buffer[index].tag, events: buffer[index].events)
                if event.tag == Self.bell {
                    var rings: UInt64 = 0
                    read(eventDescriptor, &rings, 8)
                }
                body(event)
            }
        }
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ tag: UInt64, _ events: UInt32) -> Bool {
        slipway_epoll_control(epoll, operation, descriptor, tag, events) == 0
    }
}
