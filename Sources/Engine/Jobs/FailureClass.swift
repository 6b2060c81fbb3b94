/// Why an attempt failed, and so whether a second try can succeed; the table of `docs/scheduling.md`.
package enum FailureClass: String, Sendable, Codable, CaseIterable {
    case network
    case dns
    case throttling
    case serverError = "server_error"
    case lockContention = "lock_contention"
    case lostWorker = "lost_worker"
    case syntax
    case validation
    case permission
    case quota
    case notFound = "not_found"
    case conflict
    case timedOut = "timed_out"
    case stateRefused = "state_refused"
    case unknown

    /// A second try can succeed with nothing changed.
    package var isTransient: Bool {
        switch self {
        case .network, .dns, .throttling, .serverError, .lockContention, .lostWorker: true
        case .syntax, .validation, .permission, .quota, .notFound, .conflict, .timedOut, .stateRefused, .unknown: false
        }
    }

    /// What it stands for, for a person who reads the table.
    package var meaning: String {
        switch self {
        case .network: "connection refused, reset or timed out on the way to a service"
        case .dns: "a name did not resolve"
        case .throttling: "the service asked to slow down (429, RequestLimitExceeded)"
        case .serverError: "the service failed on its side (5xx)"
        case .lockContention: "someone else holds the lock"
        case .lostWorker: "the worker died or lost its lease"
        case .syntax: "the configuration does not parse"
        case .validation: "the configuration or a value is not valid"
        case .permission: "credentials are missing, wrong or not allowed to do this"
        case .quota: "a limit of the account or the licence is reached"
        case .notFound: "something that is referred to does not exist"
        case .conflict: "something in the way exists already"
        case .timedOut: "the job's own time limit is over"
        case .stateRefused: "the state is older than the stored one, or of another lineage"
        case .unknown: "an error that nobody has classified"
        }
    }
}
