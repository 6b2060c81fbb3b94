internal import Synchronization

/// Counts connections, in all and per address, and refuses what is over the limits.
final class Admission: Sendable {
    /// One connection's place.
    final class Ticket: Sendable {
        private let address: IPAddress?
        private let admission: Admission
        private let isGivenBack = Atomic(false)

        fileprivate init(_ address: IPAddress?, _ admission: Admission) {
            self.address = address
            self.admission = admission
        }

        /// The connection is closed; once is enough.
        func giveBack() {
            guard !isGivenBack.exchange(true, ordering: .relaxed) else { return }
            admission.leave(address)
        }
    }

    private struct State {
        var total = 0
        var byAddress: [IPAddress: Int] = [:]
    }

    private let limits: ServerLimits
    private let exempt: [AddressRange]
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limits: How many, in all and per address.
    ///   - exempt: Whose connections are counted in all only: behind a proxy are many clients.
    init(limits: ServerLimits, exempt: [AddressRange]) {
        self.limits = limits
        self.exempt = exempt
    }

    var total: Int { state.withLock { $0.total } }

    /// A place, or nil when there is none; `address` is nil for the Unix socket.
    func admit(_ address: IPAddress?) -> Ticket? {
        let counted = address.flatMap { address in exempt.contains { $0.contains(address) } ? nil : address }
        let isAdmitted = state.withLock { state in
            guard state.total < limits.connections else { return false }
            if let counted {
                guard state.byAddress[counted, default: 0] < limits.connectionsPerAddress else { return false }
                state.byAddress[counted, default: 0] += 1
            }
            state.total += 1
            return true
        }
        return isAdmitted ? Ticket(counted, self) : nil
    }

    private func leave(_ address: IPAddress?) {
        state.withLock { state in
            state.total -= 1
            guard let address, let count = state.byAddress[address] else { return }
            state.byAddress[address] = count == 1 ? nil : count - 1
        }
    }
}
