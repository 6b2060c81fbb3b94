internal import FoundationEssentials

/// Who is in a presence channel, in this process: a member with several sockets is one.
struct PusherPresence {
    /// Who subscribes, as `/broadcasting/auth` signed it.
    struct Member: Sendable {
        let id: String
        /// JSON.
        let info: String

        /// Reads `channel_data`; nil when it names nobody.
        init?(channelData: String?) {
            guard let data = channelData.map({ Data($0.utf8) }),
                // This server has signed it, so that its shape is ours.
                let member = try? JSONDecoder().decode(PusherAuthorization.Member.self, from: data)
            else { return nil }
            id = member.id
            info =
                "{\(member.info.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0)):\(JSONText.quoted($1))" }.joined(separator: ","))}"
        }

        /// As `member_added` says it.
        var json: String { "{\"user_id\":\(JSONText.quoted(id)),\"user_info\":\(info)}" }
    }

    private var members: [String: (member: Member, count: Int)] = [:]

    /// True when the member wasn't there before.
    mutating func add(_ member: Member) -> Bool {
        let count = members[member.id]?.count ?? 0
        members[member.id] = (member, count + 1)
        return count == 0
    }

    /// True when this was the member's last socket.
    mutating func remove(_ member: Member) -> Bool {
        guard let count = members[member.id]?.count else { return false }
        members[member.id]?.count = count - 1
        if count == 1 { members[member.id] = nil }
        return count == 1
    }

    /// As `subscription_succeeded` says it.
    var json: String {
        let sorted = members.values.map(\.member).sorted { $0.id < $1.id }
        let ids = sorted.map { JSONText.quoted($0.id) }.joined(separator: ",")
        let hash = sorted.map { "\(JSONText.quoted($0.id)):\($0.info)" }.joined(separator: ",")
        return "{\"count\":\(sorted.count),\"hash\":{\(hash)},\"ids\":[\(ids)]}"
    }
}
