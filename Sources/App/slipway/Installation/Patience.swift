import FoundationEssentials

/// Waits for a server or a database that is away, and says so once.
struct Patience {
    private let installation: Installation
    private let output: Output
    private var awaySince: ContinuousClock.Instant?
    private static let limit: Duration = .seconds(600)

    init(_ installation: Installation, _ output: Output) {
        self.installation = installation
        self.output = output
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
            output.note("\(ErrorText.sentence(of: error)) The job goes on in its worker; waiting for the \(installation.what).")
        }
        awaySince = since
        guard .now - since < Self.limit else { throw error }
        try await Task.sleep(for: .milliseconds(500))
    }
}
