import FoundationEssentials
import Host
import TestKit
import Testing

@testable import Terraform

@Suite(.requires(.terraform)) struct StoppingTests {
    private static func sleeper(_ command: String) -> String {
        """
        resource "terraform_data" "quick" {}
        resource "terraform_data" "slow" {
          depends_on = [terraform_data.quick]
          provisioner "local-exec" { command = "\(command)" }
        }
        """
    }

    /// Runs until `slow` is being created, then calls `act`.
    private func interrupted(
        _ mode: Sandbox.Mode,
        command: String,
        _ act: @escaping @Sendable (TerraformRun) -> Void
    ) async throws -> (RunExit, state: String, [ProcessHandle]) {
        try await Bench.with(sandbox: mode) { bench in
            let workspace = try bench.workspace(Self.sleeper(command))
            defer { workspace.remove() }
            _ = try await bench.runner.prepare(workspace, lock: nil, settings: bench.settings)
            let run = try bench.runner.start(.apply, in: workspace, settings: bench.settings)
            var seen: [ProcessHandle] = []
            for await line in run.lines {
                // Not the line that says what will be executed: nothing runs then.
                if case .provisionProgress = line.event, line.message.hasSuffix("ready") {
                    seen = ProcessTable.tree(run.processID).compactMap { ProcessHandle($0) }
                    act(run)
                }
            }
            let exit = await run.wait()
            return (exit, String(decoding: try #require(try workspace.state()), as: UTF8.self), seen)
        }
    }

    @Test(arguments: [Sandbox.Mode.preferred, .off])
    func `a run that does not stop within its grace is killed with all it started`(mode: Sandbox.Mode) async throws {
        let (exit, state, seen) = try await interrupted(mode, command: "echo ready; sleep 300 & wait") { run in
            // Nothing else keeps Terraform from stopping.
            for pid in ProcessTable.tree(run.processID) where ProcessTable.name(pid) == "terraform" { ProcessHandle(pid)?.signal(19) }
            run.stop(grace: .milliseconds(300))
        }
        #expect(exit.end == .killed(.graceOver))
        #expect(state.contains("quick"))
        #expect(seen.count >= 2)
        for process in seen { #expect(await process.waitForEnd(limit: .seconds(5))) }
    }

    @Test(arguments: [Sandbox.Mode.preferred, .off])
    func `a forced kill is at once`(mode: Sandbox.Mode) async throws {
        let (exit, state, seen) = try await interrupted(mode, command: "echo ready; sleep 300") { $0.kill() }
        #expect(exit.end == .killed(.forced))
        #expect(state.contains("quick"))
        for process in seen { #expect(await process.waitForEnd(limit: .seconds(5))) }
    }

    @Test(arguments: [Sandbox.Mode.preferred, .off])
    func `a run that is told to stop ends in good order`(mode: Sandbox.Mode) async throws {
        let (exit, state, seen) = try await interrupted(mode, command: "echo ready; sleep 300 & wait") { $0.stop() }
        #expect(exit.end == .stopped)
        #expect(state.contains("quick"))
        for process in seen { #expect(await process.waitForEnd(limit: .seconds(5))) }
    }

    @Test func `a run killed from outside says so`() async throws {
        let (exit, _, _) = try await interrupted(.off, command: "echo ready; sleep 300") { kill($0.processID) }
        #expect(exit.end == .killed(.signal(9)))
    }

    @Test func `a stop before Terraform is even there stops it`() async throws {
        try await Bench.with { bench in
            let workspace = try bench.workspace(Self.sleeper("sleep 300"))
            defer { workspace.remove() }
            _ = try await bench.runner.prepare(workspace, lock: nil, settings: bench.settings)
            let run = try bench.runner.start(.apply, in: workspace, settings: bench.settings)
            run.stop(grace: .seconds(5))
            let exit = await run.wait()
            #expect(exit.end == .stopped || exit.end == .killed(.graceOver))
        }
    }

    @Test func `a run that waits is told from one that computes`() async throws {
        try await Bench.with { bench in
            let workspace = try bench.workspace(Self.sleeper("sleep 300"))
            defer { workspace.remove() }
            _ = try await bench.runner.prepare(workspace, lock: nil, settings: bench.settings)
            let run = try bench.runner.start(.apply, in: workspace, settings: bench.settings)
            var last: TerraformRun.Activity?
            for await activity in run.activity {
                last = activity
                if activity == .waiting { run.kill() }
            }
            _ = await run.wait()
            #expect(last == .waiting)
        }
    }

    @Test(arguments: [
        (RunEvidence(status: .code(0)), RunExit.End.succeeded),
        (RunEvidence(status: .code(1)), .failed(code: 1)),
        (RunEvidence(status: .code(1), wasStopped: true), .stopped),
        (RunEvidence(status: .code(0), wasStopped: true), .succeeded),
        (RunEvidence(status: .code(130), wasStopped: true), .stopped),
        (RunEvidence(status: .signal(9), killed: .forced), .killed(.forced)),
        (RunEvidence(status: .code(137), memoryKills: 1), .killed(.memoryLimit)),
        (RunEvidence(status: .signal(9), memoryKills: 2), .killed(.memoryLimit)),
        (RunEvidence(status: .code(137)), .killed(.signal(9))),
        (RunEvidence(status: .signal(11)), .killed(.signal(11))),
        (RunEvidence(status: .code(1), memoryKills: 1, providerDied: true), .killed(.memoryLimit)),
        (RunEvidence(status: .code(1), providerDied: true), .failed(code: 1)),
        (RunEvidence(status: .code(1), memoryKills: 1), .failed(code: 1)),
        (RunEvidence(status: .code(2)), .failed(code: 2)),
    ])
    func `the evidence tells how a run ended`(evidence: RunEvidence, end: RunExit.End) {
        #expect(evidence.end == end)
    }
}

private func kill(_ pid: Int32) { ProcessHandle(pid)?.signal(9) }
