import Glibc
import Host
import Synchronization
import Testing

@Suite struct ChildProcessTests {
    private func shell(_ script: String, environment: [String: String] = ["PATH": "/usr/bin:/bin"]) -> ChildProcess.Command {
        ChildProcess.Command("/bin/sh", ["-c", script], environment: environment)
    }

    @Test func `output, error output and exit code come back`() async throws {
        let finished = try await ChildProcess.run(shell("echo out; echo err >&2; exit 7"))
        #expect(finished.status.end == .code(7))
        #expect(finished.text == "out\n")
        #expect(finished.errorText == "err\n")
        #expect(!finished.timedOut)
    }

    @Test func `the environment is exactly what was given`() async throws {
        var command = ChildProcess.Command("/usr/bin/env", environment: ["ONLY": "this"])
        command.folder = "/"
        #expect(try await ChildProcess.run(command).text == "ONLY=this\n")
    }

    @Test func `a child reads the bytes it is given, more than a pipe holds`() async throws {
        var command = ChildProcess.Command("/usr/bin/wc", ["-c"])
        command.input = .bytes([UInt8](repeating: 65, count: 1_000_000))
        #expect(try await ChildProcess.run(command).text == "1000000\n")
    }

    @Test func `output beyond the limit is dropped, and the child still ends`() async throws {
        let finished = try await ChildProcess.run(shell("head -c 3000000 /dev/zero"), limit: 1000)
        #expect(finished.status.isSuccess)
        #expect(finished.output.count == 1000)
    }

    @Test func `a child that takes too long is killed with everything it started`() async throws {
        let finished = try await ChildProcess.run(shell("sleep 300 & sleep 300"), timeout: .milliseconds(100))
        #expect(finished.timedOut)
        #expect(finished.status.end == .signal(SIGKILL))
    }

    @Test func `a grandchild that keeps the pipe open does not hold up the result`() async throws {
        let finished = try await ChildProcess.run(shell("echo done; sleep 300 & echo $!"))
        #expect(finished.text.hasPrefix("done\n"))
        let grandchild = finished.text.split(separator: "\n").last.flatMap { Int32($0) }
        kill(try #require(grandchild), SIGKILL)
    }

    @Test func `a missing program says so`() async throws {
        let error = await #expect(throws: HostError.self) { try await ChildProcess.run(.init("/nowhere/program")) }
        #expect(error?.errno == ENOENT)
        #expect(error?.description == "can't start /nowhere/program: No such file or directory")
    }

    @Test func `a missing folder says so`() async throws {
        var command = shell("true")
        command.folder = "/nowhere"
        await #expect(throws: HostError.self) { try await ChildProcess.run(command) }
    }

    @Test func `no descriptor of the parent leaks into the child`() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        // ls itself opens the folder: 3.
        #expect(try await ChildProcess.run(shell("ls /proc/self/fd")).text == "0\n1\n2\n3\n")
    }

    @Test func `inherited descriptors are numbered from 3`() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        var command = shell("echo first >&3; echo second >&4")
        command.inherited = [.descriptor(ends[1]), .descriptor(ends[1])]
        let finished = try await ChildProcess.run(command)
        close(ends[1])
        #expect(finished.status.isSuccess)
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = read(ends[0], &buffer, 100)
        #expect(String(decoding: buffer.prefix(count), as: UTF8.self) == "first\nsecond\n")
    }

    @Test func `a signal is not sent after the end`() async throws {
        let child = try ChildProcess.start(shell("exit 0"))
        #expect(await child.wait().isSuccess)
        #expect(child.status?.isSuccess == true)
        #expect(!child.signal(SIGTERM))
    }

    @Test func `a child killed by a signal says which`() async throws {
        let child = try ChildProcess.start(ChildProcess.Command("/bin/sleep", ["300"]))
        #expect(child.signal(SIGTERM))
        #expect(await child.wait().end == .signal(SIGTERM))
    }

    @Test func `many wait for one`() async throws {
        let child = try ChildProcess.start(shell("exit 3"))
        await withTaskGroup(of: ExitStatus.self) { group in
            for _ in 0..<20 { group.addTask { await child.wait() } }
            for await status in group { #expect(status.end == .code(3)) }
        }
    }

    @Test func `a signal the parent ignores is not ignored by the child`() async throws {
        signal(SIGPIPE, SIG_IGN)
        let finished = try await ChildProcess.run(shell("kill -PIPE $$; echo survived"))
        #expect(finished.status.end == .signal(SIGPIPE))
    }

    @Test func `processor time and memory are counted`() async throws {
        let finished = try await ChildProcess.run(shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"))
        #expect(finished.status.processorTime > .zero)
        #expect(finished.status.peakResidentBytes > 100_000)
    }
}
