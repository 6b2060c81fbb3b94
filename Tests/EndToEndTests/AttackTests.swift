import Glibc
import Host
import TestKit
import Testing

/// A short campaign of `make attack`: runs that exchange, link, fill, fork, forge, stop and kill, beside honest ones.
@Suite(.requires(.terraform), .requires(.bubblewrap), .requires(.python), .requires(.setpriv))
struct AttackTests {
    /// Nobody's number stands for an ordinary user.
    static let users = geteuid() == 0 && TestUser.maySetApart ? [0, 4242] : [0]

    @Test(arguments: users)
    func `whatever a run does, it reaches no other, and the server stays up and tidy`(user: Int) async throws {
        try await Slipway.with { slipway in
            let clients = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Clients"
            let words = ["--user", "\(user)", "--hostile", "16", "--honest", "4", "--workers", "3"]
            let answer = try await ChildProcess.run(
                .init(
                    try #require(RequiredTool.python.path),
                    ["\(clients)/attacks.py", "--slipway", try Slipway.program()] + words,
                    environment: slipway.environment
                ),
                timeout: .seconds(400)
            )
            #expect(answer.status.isSuccess, "\(answer.text) \(answer.errorText)")
        }
    }
}
