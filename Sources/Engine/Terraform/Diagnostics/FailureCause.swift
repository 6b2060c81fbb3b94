/// Why a run failed, as far as its messages tell; and whether trying again may help.
package enum FailureCause: String, Sendable, Hashable, CaseIterable, Codable {
    // Goes away by itself
    case network
    case dns
    case throttling
    case serverError
    case lockContention
    case memory
    // Needs a person
    case syntax
    case missingVariable
    case validation
    case credentials
    case permission
    case quota
    case conflict
    case unknownProvider
    case unknownModule
    case backend
    case provisioner
    case unknown

    /// Worth another attempt, without anyone changing anything.
    package var isTransient: Bool {
        switch self {
        case .network, .dns, .throttling, .serverError, .lockContention, .memory: true
        case .syntax, .missingVariable, .validation, .credentials, .permission, .quota, .conflict, .unknownProvider, .unknownModule,
            .backend,
            .provisioner, .unknown:
            false
        }
    }

    /// What a person can do about it; nil where the message itself has to be enough.
    package var hint: String? {
        switch self {
        case .network: "The cloud could not be reached: check the network and any proxy of this machine."
        case .dns: "A name could not be resolved: check this machine's DNS, and the region and endpoint that are configured."
        case .throttling: "The cloud asks for fewer requests: it is tried again later; a lower parallelism helps."
        case .serverError: "The cloud had a fault of its own: it is tried again later."
        case .lockContention: "Someone else is working on the same thing: it is tried again later."
        case .memory: "Give the worker more memory, or let it run fewer at once."
        case .syntax: "Correct the configuration at the named place."
        case .missingVariable: "Give a value with --var NAME=VALUE or --var-file FILE, or give the variable a default."
        case .validation: nil
        case .credentials: "Check the credentials: they are missing, wrong or have expired."
        case .permission: "The credentials are valid but may not do this: give them the permission that the message names."
        case .quota: "The account's limit is reached: ask the cloud provider for a higher one, or remove something."
        case .conflict: "Something of that name exists already: import it, remove it or choose another name."
        case .unknownProvider:
            "Check the provider's source address and version under required_providers, and that its registry or mirror can be reached."
        case .unknownModule: "Check the module's source: a local module must lie inside the deployed folder."
        case .backend: "Remove the backend or cloud block from the configuration: Slipway keeps the state itself."
        case .provisioner: "The provisioner's command failed: its output stands above."
        case .unknown: nil
        }
    }
}

extension FailureCause {
    /// Tells the cause of one message.
    ///
    /// - Parameter diagnostic: An error.
    package init(of diagnostic: Diagnostic) {
        self = Self.cause(ofText: "\(diagnostic.summary)\n\(diagnostic.detail)")
    }

    /// Tells why a run failed: the first cause that trying again can't cure, else the first one.
    ///
    /// A run that met both a throttled request and a syntax error won't do better the next time.
    ///
    /// - Parameters:
    ///   - errors: Its error diagnostics.
    ///   - exit: How it ended.
    package init(of errors: [Diagnostic], exit: RunExit) {
        if exit.end == .killed(.memoryLimit) {
            self = .memory
            return
        }
        let causes = errors.map(FailureCause.init(of:))
        self = causes.first { !$0.isTransient && $0 != .unknown } ?? (causes.contains(.unknown) ? .unknown : causes.first ?? .unknown)
    }

    /// What a person can do about an error; nil where the message itself has to be enough.
    package static func hint(for diagnostic: Diagnostic) -> String? {
        let cause = FailureCause(of: diagnostic)
        guard cause == .network, let place = refusedHere("\(diagnostic.summary)\n\(diagnostic.detail)") else { return cause.hint }
        return "Nobody listens at \(place) on this machine: start what should answer there (for machines of a local cloud, "
            + "slipway local-cloud), and do the same again."
    }

    /// The address on this machine's loopback that nobody listened at, as Go's programs say it.
    private static func refusedHere(_ text: String) -> String? {
        guard let head = text.firstRange(of: "dial tcp "),
            let tail = text[head.upperBound...].firstRange(of: ": connect: connection refused")
        else { return nil }
        let place = text[head.upperBound..<tail.lowerBound]
        return (place.hasPrefix("127.") || place.hasPrefix("[::1]:")) && place.count < 30 ? String(place) : nil
    }

    static func cause(ofText text: String) -> FailureCause {
        let text = text.lowercased()
        return table.first { rule in rule.phrases.contains { text.contains($0) } }?.cause ?? .unknown
    }
}
