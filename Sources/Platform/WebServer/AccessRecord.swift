/// What one request was, for the log and for counters.
package struct AccessRecord: Sendable {
    package let method: String
    /// As it was sent, without the query, which may hold secrets.
    package let path: String
    /// What was answered; 0 when the client was gone, or was cut off, before there was an answer.
    package let status: Int
    /// Bytes of the body that were handed to the connection.
    package let sentBytes: Int
    package let receivedBytes: Int
    package let duration: Duration
    package let clientAddress: String
    package let requestID: String
    /// The whole answer went out.
    package let isComplete: Bool
}
