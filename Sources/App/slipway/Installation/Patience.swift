import FoundationEssentials

/// Waits for a server or a database that is away, and says so once.
struct Patience {
    private let installation: Installation
    private let say: (String) -> Void
    private var awaySince: ContinuousClock.Instant?
    private static let limit: Duration = .seconds(600)

    /// Begins with nobody away.
    ///
    /// - Parameters:
    ///   - installation: What is waited for.
    ///   - say: Takes a sentence for the person who waits, too.
    init(_ installation: Installation, say: @escaping (String) -> Void) {
        self.installation = installation
        self.say = say
    }

    /// It is there.
    mutating func end() { awaySince = nil }

    /// Waits a little.
    ///
    /// - Throws: The error, when it won't pass or went on for ten minutes.
    mutating func wait(for error: any Error) async throws {
        guard Installation.mayPass(error) else { throw error }
        let since = awaySince ?? .now
        if awaySince == nil {
            say("\(ErrorText.sentence(of: error)) The job goes on in its worker; waiting for the \(installation.what).")
        }
        awaySince = since
        guard .now - since < Self.limit else { throw error }
        try await Task.sleep(for: .milliseconds(500))
    }
}
