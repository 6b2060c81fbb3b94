/// What a server listens to and how it treats its clients.
package struct ServerConfiguration: Sendable {
    package var listeners: [Listener]
    package var limits = ServerLimits()
    /// Threads that read and write; handlers run on Swift's own.
    package var threads: Int?
    /// Whose `X-Forwarded-For`, `-Proto`, `-Host` and `X-Request-Id` are believed.
    package var trustedProxies: [AddressRange] = []
    /// Called once for each request when it is over, on a thread of the server's: it must not block.
    package var onAccess: (@Sendable (AccessRecord) -> Void)?

    /// Answers a request without a body on the server's own thread, when nothing has to be waited for: it must not block.
    ///
    /// Nil has the handler answer.
    package var answerAtOnce: (@Sendable (Request) -> Response?)?

    package init(listeners: [Listener]) { self.listeners = listeners }
}
