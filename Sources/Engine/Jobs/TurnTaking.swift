internal import Domain

/// Decides whose job is leased next; a pure value that is asked again and again within one lease.
///
/// Urgent queues go first; within them the organization that was served least recently, so that one with a thousand jobs gets every
/// second lease beside one that has one. Every eighth lease turns the order of the queues round, so that a backlog of urgent ones
/// doesn't starve the rest.
struct TurnTaking {
    /// The ready jobs of one organization in one queue.
    struct Group: Hashable, Sendable {
        let queue: QueueName
        /// The organization, or 0 for the product's own.
        let turn: Int64
    }

    private var groups: [Group]
    /// The fence of each organization's last lease.
    private var served: [Int64: Int64]
    private var queueRoom: [QueueName: Int]
    private var turnRoom: [Int64: Int]
    private(set) var capacity: Int
    private var fence: Int64

    private static let everyEighth: Int64 = 8
    private static let queueOrder = Dictionary(uniqueKeysWithValues: QueueName.allCases.enumerated().map { ($1, $0) })

    /// Begins a lease of at most `capacity` jobs.
    ///
    /// `served` has the fence of each organization's last lease, `queueRoom` how many more jobs of a queue this worker may run, `turnRoom` how
    /// many more of an organization may run; who isn't named was never served, or has any room. `lastFence` is of the last lease of all.
    init(
        groups: [Group],
        served: [Int64: Int64],
        queueRoom: [QueueName: Int] = [:],
        turnRoom: [Int64: Int] = [:],
        capacity: Int,
        lastFence: Int64
    ) {
        self.groups = groups
        self.served = served
        self.queueRoom = queueRoom
        self.turnRoom = turnRoom
        self.capacity = capacity
        fence = lastFence
    }

    /// The group whose turn it is, or nil when nobody may be served.
    func next() -> Group? {
        guard capacity > 0 else { return nil }
        let turnsQueuesRound = (fence + 1) % Self.everyEighth == 0
        return groups.filter { queueRoom[$0.queue] != 0 && turnRoom[$0.turn] != 0 }.min { left, right in
            if left.queue.basePriority != right.queue.basePriority {
                return (left.queue.basePriority > right.queue.basePriority) != turnsQueuesRound
            }
            let (servedLeft, servedRight) = (served[left.turn] ?? 0, served[right.turn] ?? 0)
            if servedLeft != servedRight { return servedLeft < servedRight }
            if left.turn != right.turn { return left.turn < right.turn }
            return rank(left.queue) < rank(right.queue)
        }
    }

    /// Notes that a job of the group was leased.
    ///
    /// - Returns: The fence of that lease.
    mutating func take(_ group: Group) -> Fence {
        fence += 1
        capacity -= 1
        served[group.turn] = fence
        queueRoom[group.queue]? -= 1
        turnRoom[group.turn]? -= 1
        return Fence(rawValue: fence)
    }

    /// Notes that the group has no job that may be leased.
    mutating func drop(_ group: Group) { groups.removeAll { $0 == group } }

    /// Queues of the same urgency take turns within an organization, too.
    private func rank(_ queue: QueueName) -> Int64 {
        let count = Int64(Self.queueOrder.count)
        return (Int64(Self.queueOrder[queue] ?? 0) + fence) % count
    }
}
