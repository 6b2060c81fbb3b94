import Domain
import Testing

@testable import Jobs

@Suite struct TurnTakingTests {
    private typealias Group = TurnTaking.Group

    private func order(_ turns: TurnTaking, lengths: [Group: Int]) -> [Group] {
        var turns = turns
        var left = lengths
        var order: [Group] = []
        while let group = turns.next() {
            guard let count = left[group], count > 0 else {
                turns.drop(group)
                continue
            }
            left[group] = count - 1
            _ = turns.take(group)
            order.append(group)
        }
        return order
    }

    @Test func `organizations take turns, whoever was served least recently first`() {
        let groups = [1, 2, 3].map { Group(queue: .terraform, turn: $0) }
        let turns = TurnTaking(groups: groups, served: [1: 9, 2: 4], capacity: 6, lastFence: 9)
        #expect(order(turns, lengths: [groups[0]: 100, groups[1]: 1, groups[2]: 2]).map(\.turn) == [3, 2, 1, 3, 1, 1])
    }

    @Test func `the urgent queue goes first, but for every eighth lease`() {
        let groups = [Group(queue: .notifications, turn: 1), Group(queue: .terraform, turn: 1)]
        let turns = TurnTaking(groups: groups, served: [:], capacity: 16, lastFence: 0)
        let queues = order(turns, lengths: [groups[0]: 100, groups[1]: 100]).map(\.queue)
        #expect(queues.enumerated().filter { $1 == .notifications }.map { $0.offset + 1 } == [8, 16])
    }

    @Test func `equal queues of one organization take turns`() {
        let groups = [Group(queue: .notifications, turn: 1), Group(queue: .maintenance, turn: 1)]
        let turns = TurnTaking(groups: groups, served: [:], capacity: 20, lastFence: 0)
        let queues = order(turns, lengths: [groups[0]: 100, groups[1]: 100]).map(\.queue)
        #expect(Set(queues).count == 2)
    }

    @Test func `limits of queues and organizations hold`() {
        let groups = [Group(queue: .terraform, turn: 1), Group(queue: .terraform, turn: 2), Group(queue: .maintenance, turn: 2)]
        let turns = TurnTaking(groups: groups, served: [:], queueRoom: [.terraform: 3], turnRoom: [1: 1], capacity: 10, lastFence: 0)
        let taken = order(turns, lengths: [groups[0]: 5, groups[1]: 5, groups[2]: 1])
        #expect(taken.filter { $0.turn == 1 }.count == 1)
        #expect(taken.filter { $0.queue == .terraform }.count == 3)
        #expect(taken.filter { $0.queue == .maintenance }.count == 1)
    }

    @Test func `fences grow by one`() {
        let group = Group(queue: .terraform, turn: 1)
        var turns = TurnTaking(groups: [group], served: [:], capacity: 3, lastFence: 41)
        #expect([turns.take(group), turns.take(group), turns.take(group)].map(\.rawValue) == [42, 43, 44])
        #expect(turns.next() == nil)
    }
}
