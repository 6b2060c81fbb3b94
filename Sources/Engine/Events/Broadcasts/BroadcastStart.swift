/// Where in a channel a subscriber begins.
package enum BroadcastStart: Sendable, Hashable {
    /// With what is committed from now on.
    case now
    /// After this position; 0 for everything that is kept.
    ///
    /// One beyond the channel's end counts as the end: the database was restored from a backup.
    case after(Int64)
}
