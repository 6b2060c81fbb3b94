internal import Events
internal import Synchronization

/// The rooms that somebody is in.
final class PusherRooms: Sendable {
    private struct Entry {
        let room: PusherRoom
        var count: Int
    }

    private let hub: BroadcastHub
    private let entries = Mutex<[PusherChannelName: Entry]>([:])

    init(hub: BroadcastHub) { self.hub = hub }

    /// The channel's room; leave it once for each time.
    func enter(_ name: PusherChannelName) -> PusherRoom {
        entries.withLock { entries in
            let entry = entries[name] ?? Entry(room: PusherRoom(name, hub: hub), count: 0)
            entries[name] = Entry(room: entry.room, count: entry.count + 1)
            return entry.room
        }
    }

    /// The last one out closes it.
    func leave(_ room: PusherRoom) {
        let isEmpty = entries.withLock { entries in
            guard let entry = entries[room.name], entry.room === room else { return false }
            entries[room.name] = entry.count > 1 ? Entry(room: room, count: entry.count - 1) : nil
            return entry.count == 1
        }
        if isEmpty { room.close() }
    }
}
