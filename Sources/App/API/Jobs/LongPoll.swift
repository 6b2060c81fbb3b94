import Domain
import Events
import FoundationEssentials

/// Holds an answer back until there is something to say.
enum LongPoll {
    static let parameter = QueryParameter("wait", .integer, "Seconds to wait for something new, 0 to 30; 0 unless given")

    /// Looks until the answer is worth one, the time is over, the server stops, or the client is gone.
    ///
    /// - Parameters:
    ///   - job: Whose events are waited for.
    ///   - call: Says for how long.
    ///   - look: What would be answered now.
    /// - Returns: The last look.
    /// - Throws: What `look` throws.
    static func wait<Answer: Sendable>(
        for job: JobID,
        _ call: Call,
        _ look: () async throws -> (Answer, isWorthAnAnswer: Bool)
    ) async throws -> Answer {
        let end = ContinuousClock.now + .seconds(try call.query("wait", in: 0...30) ?? 0)
        var (answer, isWorthAnAnswer) = try await look()
        guard !isWorthAnAnswer, end > .now else { return answer }
        // Rings with what was committed since its begin; the first look inside is for what came between.
        try await EventFollower(database: call.services.database, fallback: .milliseconds(500)).follow(job, after: .max) { _ in
            (answer, isWorthAnAnswer) = try await look()
            return !isWorthAnAnswer && end > .now && !call.services.drain.isOn
        }
        try Task.checkCancellation()
        return answer
    }
}
