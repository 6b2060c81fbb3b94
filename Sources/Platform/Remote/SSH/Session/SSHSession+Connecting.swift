internal import CLinux
internal import CSSH
internal import Glibc

extension SSHSession {
    /// Connects a socket that never blocks.
    func connectSocket(until deadline: SSHDeadline) throws(SSHError) -> Int32 {
        let targets = try lookUp(until: deadline)
        var last = error(.unreachable("it has no address"))
        for (index, target) in targets.enumerated() {
            // Each address gets its share of the time, so that a dead first one doesn't take it all.
            let share = (deadline.instant - .now) / (targets.count - index)
            do throws(SSHError) {
                return try connect(target, until: SSHDeadline(after: share, deadline.reason))
            } catch {
                if error.reason == .cancelled { throw error }
                last = error
            }
        }
        throw last
    }

    private func lookUp(until deadline: SSHDeadline) throws(SSHError) -> [NameLookup.Target] {
        let lookup = NameLookup(address) { [mailbox] in mailbox.ring() }
        while true {
            switch lookup.result {
            case .found(let targets): return targets
            case .failed(let why): throw error(.unreachable("\(address.host) can't be looked up: \(why)"))
            case nil: try wait(until: deadline)
            }
        }
    }

    private func connect(_ target: NameLookup.Target, until deadline: SSHDeadline) throws(SSHError) -> Int32 {
        let descriptor = socket(target.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw error(.failed(String(cString: strerror(errno)))) }
        do throws(SSHError) {
            let code = target.bytes.withUnsafeBytes {
                Glibc.connect(descriptor, $0.bindMemory(to: sockaddr.self).baseAddress, socklen_t($0.count))
            }
            if code != 0 {
                guard errno == EINPROGRESS else { throw failure(errno, deadline) }
                try waitForConnection(descriptor, until: deadline)
            }
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private func waitForConnection(_ descriptor: Int32, until deadline: SSHDeadline) throws(SSHError) {
        while true {
            if isGivenUp() || mailbox.isClosing { throw error(.cancelled) }
            if deadline.isOver { throw error(deadline.reason) }
            let found = Self.poll(descriptor, Int16(POLLOUT), bell: mailbox.bell, milliseconds: deadline.milliseconds)
            if found.isBellRung { mailbox.hear() }
            guard found.events != 0 else { continue }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            if code != 0 { throw failure(code, deadline) }
            return
        }
    }

    private func failure(_ code: Int32, _ deadline: SSHDeadline) -> SSHError {
        switch code {
        case ECONNREFUSED: error(.refused)
        case ETIMEDOUT: error(deadline.reason)
        case ECONNRESET: error(.connectionLost, cause: String(cString: strerror(code)))
        default: error(.unreachable(String(cString: strerror(code))))
        }
    }
}
