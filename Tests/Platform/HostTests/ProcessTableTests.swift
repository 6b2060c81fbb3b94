import FoundationEssentials
import Glibc
import Host
import TestKit
import Testing

@Suite struct ProcessTableTests {
    @Test func `a child is found below its parent, with its name, arguments and environment`() async throws {
        let child = try ChildProcess.start(.init("/bin/sh", ["-c", "sleep 300 & wait"], environment: ["MARK": "x", "PATH": "/bin"]))
        defer { child.signal(SIGKILL, group: true) }
        try await within(.seconds(10), "the grandchild") {
            while ProcessTable.tree(child.pid).count < 2 { try await Task.sleep(for: .milliseconds(5)) }
        }
        #expect(ProcessTable.name(child.pid) == "sh")
        #expect(ProcessTable.arguments(child.pid) == ["/bin/sh", "-c", "sleep 300 & wait"])
        #expect(ProcessTable.environment(child.pid).contains("MARK=x"))
        #expect(ProcessTable.parent(child.pid) == getpid())
        #expect(ProcessTable.tree(getpid()).contains(child.pid))
        let grandchild = try #require(ProcessTable.children(child.pid).first)
        #expect(ProcessTable.parent(grandchild) == child.pid)
        #expect(ProcessTable.processorTime(getpid()).map { $0 > .zero } == true)
        #expect(ProcessTable.all().contains(grandchild))
    }

    @Test func `a handle outlives its process and then hits nobody`() async throws {
        let child = try ChildProcess.start(.init("/bin/sleep", ["300"]))
        let handle = try #require(ProcessHandle(child.pid))
        #expect(!handle.hasEnded)
        #expect(handle.signal(SIGKILL))
        _ = await child.wait()
        #expect(await handle.waitForEnd(limit: .seconds(5)))
        #expect(!handle.signal(SIGKILL))
        #expect(ProcessHandle(child.pid) == nil)
    }

    @Test func `kills for want of memory can be counted`() {
        #expect(OutOfMemoryKills.count() >= 0)
    }

    @Test func `bytes handed over in memory are read by the child`() async throws {
        var command = ChildProcess.Command("/bin/sh", ["-c", "cat <&3"], environment: ["PATH": "/bin"])
        command.inherited = [.memory(try MemoryFile(Array("secret".utf8)))]
        #expect(try await ChildProcess.run(command).text == "secret")
    }

    @Test func `a process has its environment and arguments in the moment in which it was started`() async throws {
        // Its starter goes on before the kernel has laid both down: some of so many are met right there.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for round in 0..<150 {
                        let child = try ChildProcess.start(.init("/bin/sleep", ["60"], environment: ["ROUND": "\(round)"]))
                        #expect(ProcessTable.environment(child.pid) == ["ROUND=\(round)"])
                        #expect(ProcessTable.arguments(child.pid).last == "60")
                        child.signal(9)
                        _ = await child.wait()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a process without an environment has none, and one that is gone neither`() async throws {
        let child = try ChildProcess.start(.init("/bin/sleep", ["60"]))
        #expect(ProcessTable.environment(child.pid) == [])
        child.signal(9)
        _ = await child.wait()
        #expect(ProcessTable.environment(child.pid) == [])
    }
}
