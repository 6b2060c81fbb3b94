import Host
import TestKit
import Testing

@Suite(.requires(.python)) struct HostileClientTests {
    private static let clients =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Clients"

    /// Slow and broken requests, thousands of half-open connections, resets, smuggling, endless headers, frames that are none, bombs, and names
    /// that lead out: `abuse.py` has them all.
    @Test func `a badly treated server stays small and answers others within a second`() async throws {
        try await ServedSlipway.with(workers: 0) { served in
            let words = ["python3", "\(Self.clients)/abuse.py", String(served.process.pid), "200"]
            let finished = try await served.run("/usr/bin/env", words, timeout: .seconds(700))
            #expect(finished.status.end == .code(0), "\(finished.text)\n\(finished.errorText)")
            #expect(finished.text.hasSuffix("the server is well\n"))
            #expect(try await served.json("GET", "/api/deployments")["items"]?.list == [])
        }
    }
}
