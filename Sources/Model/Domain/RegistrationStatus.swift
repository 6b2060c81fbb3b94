/// How far the registration of a deployment's servers has come; a deployment itself never fails by it.
package enum RegistrationStatus: String, Sendable, Codable, CaseIterable {
    /// Its job waits for a worker, or for its next attempt.
    case pending
    /// A worker is at it.
    case registering
    /// Every server is ready.
    case completed
    /// At least one server is not; the deployment's `registration_error` says why.
    case failed
    /// Someone ended it.
    case cancelled

    /// Nothing more comes of it by itself.
    package var isFinal: Bool { self == .completed || self == .failed || self == .cancelled }
}
