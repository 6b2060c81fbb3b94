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
        case .syntax, .missingVariable, .validation, .credentials, .permission, .quota, .conflict, .unknownProvider, .unknownModule, .backend,
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

    static func cause(ofText text: String) -> FailureCause {
        let text = text.lowercased()
        return table.first { rule in rule.words.contains { text.contains($0) } }?.cause ?? .unknown
    }

    /// Read from the top: the first that matches counts. All in lower case.
    ///
    /// What is specific stands before what is general: `connection refused` while a provider is being downloaded is the network's fault,
    /// and a `403` with `RequestLimitExceeded` is throttling.
    private static let table: [(cause: FailureCause, words: [String])] = [
        (.throttling, [
            "throttl", "requestlimitexceeded", "toomanyrequests", "too many requests", "rate exceeded", "rate limit", "slowdown", "slow down",
            "bandwidthlimitexceeded", "priorrequestnotcomplete", "ratelimitexceeded", "statuscode: 429", "error 429", "http 429", "status 429",
        ]),
        (.quota, [
            "vcpulimitexceeded", "instancelimitexceeded", "addresslimitexceeded", "vpclimitexceeded", "limitexceeded", "limit exceeded",
            "quotaexceeded", "quota exceeded", "quota_exceeded", "exceeds the quota", "exceeded quota", "servicequota", "toomanybuckets",
            "resource_limit_exceeded", "droplet limit", "maximum number of", "insufficientinstancecapacity", "operationnotallowed",
        ]),
        (.credentials, [
            "invalidclienttokenid", "expiredtoken", "expired token", "token included in the request is expired", "requestexpired",
            "signaturedoesnotmatch", "invalidaccesskeyid", "authfailure", "unrecognizedclient", "no valid credential", "could not find default credentials",
            "failed to refresh cached credentials", "unable to authenticate", "invalid_grant", "authenticationfailed", "statuscode: 401", "error 401",
            "unauthenticated", "missing or invalid authentication", "nocredentialproviders", "invalid api token",
        ]),
        (.permission, [
            "unauthorizedoperation", "accessdenied", "access denied", "not authorized", "permission denied", "permission_denied",
            "authorizationfailed", "forbidden", "statuscode: 403", "error 403", "insufficient permission", "explicit deny",
        ]),
        (.dns, [
            "no such host", "temporary failure in name resolution", "server misbehaving", "name or service not known", "nxdomain",
        ]),
        (.network, [
            "connection refused", "connection reset", "i/o timeout", "tls handshake timeout", "network is unreachable", "no route to host",
            "broken pipe", "unexpected eof", "context deadline exceeded", "client.timeout exceeded", "connection timed out", "request send failed",
            "requesttimeout", "proxyconnect",
        ]),
        (.serverError, [
            "internalerror", "internal server error", "internalfailure", "serviceunavailable", "service unavailable", "bad gateway",
            "gateway timeout", "statuscode: 500", "statuscode: 502", "statuscode: 503", "statuscode: 504", "error 500", "error 502",
            "error 503", "error 504", "502 bad", "503 service", "backenderror", "failed to query available provider packages: 5",
        ]),
        (.lockContention, [
            "error acquiring the state lock", "state lock", "operationaborted", "conflicting conditional operation", "dependencyviolation",
            "incorrectinstancestate", "anotheroperationinprogress", "operation is in progress", "concurrentmodification",
        ]),
        (.missingVariable, ["no value for required variable"]),
        (.unknownModule, [
            "unreadable module", "module not found", "module not installed", "failed to download module", "could not download module",
            "module source has changed", "error accessing remote module registry",
        ]),
        (.unknownProvider, [
            "failed to query available provider packages", "failed to install provider", "inconsistent dependency lock file",
            "required plugins are not installed", "incompatible provider version", "failed to resolve provider packages",
            "does not match configured version", "invalid provider registry host", "provider registry.terraform.io",
        ]),
        (.backend, ["backend initialization required", "backend configuration changed", "hcp terraform or terraform enterprise initialization"]),
        (.provisioner, ["provisioner error"]),
        (.syntax, [
            "invalid block definition", "argument or block definition required", "unclosed configuration block", "invalid expression",
            "unsupported block type", "unsupported argument", "missing required argument", "invalid character", "unterminated",
            "invalid multi-line string", "missing newline after", "argument definition required", "invalid argument name", "missing name for resource",
            "duplicate resource", "unclosed", "extraneous label", "missing item separator", "invalid block", "extra characters after",
        ]),
        (.conflict, ["alreadyexists", "already exists", "alreadyownedbyyou", "duplicate", "entityalreadyexists", "conflict"]),
        (.validation, [
            "reference to undeclared", "unsupported attribute", "invalid value", "invalid index", "invalid function argument", "invalid reference",
            "invalid resource type", "invalid data source", "incorrect attribute value type", "error in function call", "invalid template",
            "resource precondition failed", "resource postcondition failed", "check block assertion failed", "invalid count", "invalid for_each",
            "cycle:", "invalidparameter", "validationerror", "validation error", "malformed", "missingparameter", "invalidami",
            "expected ", "must be one of", "unsuitable value type", "invalid number literal", "provider produced", "invalid provider configuration",
            "instance cannot be destroyed", "saved plan is stale", "statuscode: 400", "invalid combination",
        ]),
    ]
}
