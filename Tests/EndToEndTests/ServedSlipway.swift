import FoundationEssentials
import Host
import TestKit

/// A server of the built program, on a free port.
struct ServedSlipway: Sendable {
    let slipway: Slipway
    let process: SlipwayProcess
    let url: String
    let token: String

    /// Starts a server for `body`, and ends it afterwards as an operator does.
    static func with(workers: Int = 2, _ body: @Sendable (ServedSlipway) async throws -> Void) async throws {
        try await Slipway.with { slipway in
            let served = try await ServedSlipway(slipway, workers: workers)
            try await body(served)
            served.process.child.signal(15)
            let code = try await served.process.end(within: .seconds(60))
            if code != 0 { throw TooLate(description: "a good end of the server: \(code) \(served.process.errors)") }
        }
    }

    /// Starts a server on an installation; a token is known of its first start only.
    init(_ slipway: Slipway, workers: Int, token: String? = nil) async throws {
        self.slipway = slipway
        process = try slipway.start("serve", "--listen", "127.0.0.1:0", "--workers", String(workers))
        let line = try await process.line("an address") { $0.hasPrefix("listening on http://") }
        url = String(line.dropFirst("listening on ".count))
        let prefix = "administrator token: "
        if let token {
            self.token = token
        } else {
            self.token = String(try await process.line("a token") { $0.hasPrefix(prefix) }.dropFirst(prefix.count))
        }
    }

    /// Runs a program with the server's address and token in its environment.
    func run(
        _ program: String,
        _ arguments: [String],
        folder: String? = nil,
        environment: [String: String] = [:],
        input: [UInt8]? = nil,
        timeout: Duration = .seconds(180)
    ) async throws -> ChildProcess.Finished {
        let known = ["URL": url, "TOKEN": token, "TF_HTTP_PASSWORD": token, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"]
        let command = ChildProcess.Command(
            program,
            arguments,
            environment: slipway.environment.merging(known) { _, own in own }.merging(environment) { _, given in given },
            folder: folder ?? slipway.folder,
            input: input.map { .bytes($0) } ?? .null
        )
        let finished = try await ChildProcess.run(command, timeout: timeout, limit: 16 << 20)
        if finished.timedOut { throw TooLate(description: "\(program) \(arguments): \(finished.text) \(finished.errorText)") }
        return finished
    }

    /// Asks the server with curl; gives the status and the body.
    func ask(_ method: String, _ path: String, _ more: [String] = [], body: [UInt8]? = nil) async throws -> (status: Int, body: String) {
        var arguments = ["--silent", "--max-time", "60", "-X", method, "-w", "\n%{http_code}", "-H", "Authorization: Bearer \(token)"]
        if body != nil { arguments += ["--data-binary", "@-"] }
        let finished = try await run("/usr/bin/env", ["curl"] + arguments + more + [url + path], input: body)
        let parts = finished.text.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(parts.last ?? "") ?? 0, parts.dropLast().joined(separator: "\n"))
    }

    /// As ``ask(_:_:_:body:)``, for a body that is JSON both ways.
    func json(_ method: String, _ path: String, _ body: String? = nil) async throws -> JSONTree {
        let answer = try await ask(
            method,
            path,
            body == nil ? [] : ["-H", "Content-Type: application/json"],
            body: body.map { Array($0.utf8) }
        )
        guard let tree = JSONTree(answer.body) else { throw TooLate(description: "JSON from \(method) \(path): \(answer)") }
        return tree
    }

    /// Waits until a job is over, and gives its last status.
    func end(of job: String, within limit: Duration = .seconds(90)) async throws -> JSONTree {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let status = try await json("GET", "/api/deploy/status/\(job)")
            if ["completed", "failed"].contains(status["status"]?.text) { return status }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw TooLate(description: "the end of \(job)")
    }
}
