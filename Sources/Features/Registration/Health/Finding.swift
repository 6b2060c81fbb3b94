/// One thing that is not as it must be on a server.
package struct Finding: Sendable, Hashable, Codable {
    package enum Check: String, Sendable, Codable, CaseIterable {
        case ssh, cloudInit = "cloud_init", key, docker, disk, memory, network, clock
    }

    package let check: Check
    /// What is: one sentence.
    package let message: String
    /// What to do: one sentence.
    package let advice: String

    package init(_ check: Check, _ message: String, _ advice: String) {
        self.check = check
        self.message = message
        self.advice = advice
    }

    /// Both sentences.
    package var text: String { "\(message) \(advice)" }
}
