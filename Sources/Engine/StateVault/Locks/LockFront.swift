/// Something quick in front of the lock rows: it answers who can't have a lock without a write to the database.
///
/// Only an adviser. Whatever it says, forgets or makes up, the row decides who holds a lock, and the fence who writes.
package protocol LockFront: Sendable {
    /// Notes the holder, if there is none.
    ///
    /// - Returns: False when another is noted; nil when the front is away.
    func take(_ key: String, by id: String, for lifetime: Duration) async -> Bool?

    /// Lets the note of this holder live on, or makes it anew when it was forgotten.
    func extend(_ key: String, by id: String, for lifetime: Duration) async

    /// Removes the note of this holder.
    func release(_ key: String, by id: String) async

    /// Removes the note, whoever's it is.
    func clear(_ key: String) async
}
