internal import Domain
internal import Remote

/// Why one server is not ready.
struct EnrollmentFailure: Error, Sendable {
    let stage: JobStage
    let findings: [Finding]
    /// The same may work later, with nothing changed by a person.
    let isTransient: Bool

    init(_ stage: JobStage, _ findings: [Finding], isTransient: Bool = false) {
        self.stage = stage
        self.findings = findings
        self.isTransient = isTransient
    }

    /// Of a connection that failed.
    init(_ stage: JobStage, _ error: SSHError, doing: String) {
        let check: Finding.Check =
            switch stage {
            case .cloudInit: .cloudInit
            case .keys: .key
            case .docker: .docker
            default: .ssh
            }
        var (what, advice) = Self.sentences(error)
        if case .outputTooLarge = error.reason {
            // The scripts themselves say a few lines.
            advice =
                "Log in there and see what it prints by itself: the login's start-up files (~/.bashrc, /etc/profile) must be silent without a terminal."
        }
        let message = stage == .connect ? what : "While \(doing): \(what.prefix(1).lowercased())\(what.dropFirst())"
        self.init(stage, [Finding(check, message, advice)], isTransient: error.isTransient)
    }

    /// The error's description says what happened, a colon, and what to do.
    private static func sentences(_ error: SSHError) -> (String, String) {
        let text = error.description
        guard let colon = text.lastRange(of: ": ") else { return (capital(text) + ".", "") }
        return (capital(text[..<colon.lowerBound]) + ".", capital(text[colon.upperBound...]) + ".")
    }

    private static func capital(_ text: some StringProtocol) -> String {
        // An address at the beginning stays as it is.
        text.first?.isLetter == true ? text.prefix(1).uppercased() + text.dropFirst() : String(text)
    }

    /// All of it, as rows and people read it.
    var text: String { findings.map { $0.text.trimmed }.joined(separator: " ") }
}

extension String {
    /// The last place of a text in it.
    fileprivate func lastRange(of text: String) -> Range<String.Index>? {
        var (found, from): (Range<String.Index>?, String.Index) = (nil, startIndex)
        while let next = self[from...].firstRange(of: text) { (found, from) = (next, next.upperBound) }
        return found
    }
}
