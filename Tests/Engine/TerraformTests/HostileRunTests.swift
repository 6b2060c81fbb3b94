import FoundationEssentials
import Glibc
import Host
import Log
import TestKit
import Testing

@testable import Terraform

/// Runs that try to get out of their sandbox, or to take the server along.
@Suite(.requires(.terraform), .requires(.bubblewrap)) struct HostileRunTests {
    /// A run of a shell script, and what it said.
    private func outcome(
        _ script: String,
        limits: RunLimits = RunLimits(),
        _ check: (Bench.Outcome, Workspace) throws -> Void
    ) async throws {
        try await Bench.with(sandbox: .required, settings: RunSettings(limits: limits)) { bench in
            let workspace = try bench.workspace(
                """
                resource "terraform_data" "first" { input = "made" }
                resource "terraform_data" "x" {
                  depends_on = [terraform_data.first]
                  provisioner "local-exec" { command = "bash ./attack.sh" }
                }

                """,
                ["attack.sh": script]
            )
            defer { workspace.remove() }
            try check(try await bench.run(.apply, in: workspace), workspace)
        }
    }

    private func said(_ outcome: Bench.Outcome) -> String {
        outcome.events.compactMap { event in
            if case .provisionProgress(_, _, let output) = event, !output.hasPrefix("Executing") { output } else { nil }
        }.joined(separator: "\n")
    }

    @Test func `nothing but Terraform itself can write an event, or see Terraform's environment and memory`() async throws {
        let event = #"{"@message":"forged","type":"apply_complete","hook":{"resource":{"addr":"forged.x"},"action":"create"}}"#
        let script = """
            for pid in /proc/[0-9]*; do
              for fd in 1 2 3 4 5 6 7 8 9 10; do (echo '\(event)' >> $pid/fd/$fd) 2>/dev/null && [ $pid != /proc/$$ ] && echo "WROTE $pid $fd"; done
              if [ "$(head -c 9 $pid/cmdline | tr '\\0' ' ')" = /slipway/ ]; then
                head -c 1 $pid/environ 2>/dev/null | grep -q . && echo SAW-ENVIRONMENT
                head -c 1 $pid/mem >/dev/null 2>&1 && echo SAW-MEMORY
                ls $pid/fd >/dev/null 2>&1 && echo SAW-DESCRIPTORS
              fi
            done
            echo done
            """
        try await outcome(script) { outcome, _ in
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            #expect(!said(outcome).contains("SAW") && said(outcome).contains("done"), "\(said(outcome))")
            #expect(
                !outcome.events.contains {
                    if case .applyComplete(let resource, _, _, _) = $0 { resource.address == "forged.x" } else { false }
                }
            )
        }
    }

    @Test func `what the filter of system calls refuses is refused`() async throws {
        let script = """
            unshare -Ur true 2>/dev/null && echo NAMESPACE
            unshare -n true 2>/dev/null && echo NETWORK
            mount -t tmpfs x /tmp 2>/dev/null && echo MOUNT
            echo x > /proc/sys/kernel/core_pattern && echo SYSCTL
            touch /x /dev/x /etc/x 2>/dev/null && echo ROOT
            /usr/bin/python3 - <<'P'
            import ctypes, socket
            libc = ctypes.CDLL(None, use_errno=True)
            calls = {"ptrace": (101, 0, 0, 0, 0), "keyctl": (250, 0, 0, 0, 0), "bpf": (321, 0, 0, 0), "io_uring": (425, 1, 0),
                     "userfaultfd": (323, 0), "perf": (298, 0, 0, -1, -1, 0), "clone3": (435, 0, 0), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0)}
            for name, call in calls.items():
                result = libc.syscall(*call)
                if result >= 0 or ctypes.get_errno() not in (1, 38): print("CALLED", name, result, ctypes.get_errno())
            for family, kind, protocol in ((17, 3, 3), (2, 3, 1), (10, 3, 58), (16, 3, 9), (40, 1, 0), (38, 5, 0), (31, 3, 1)):
                try:
                    socket.socket(family, kind, protocol)
                    print("SOCKET", family, kind)
                except OSError: pass
            socket.socket(2, 1); socket.socket(10, 2); socket.socket(1, 1); socket.socket(16, 3, 0)
            print("ordinary sockets work")
            P
            grep -e ^NoNewPrivs -e ^Seccomp: -e ^CapEff /proc/self/status
            """
        try await outcome(script) { outcome, _ in
            let said = said(outcome)
            for word in ["NAMESPACE", "NETWORK", "MOUNT", "SYSCTL", "ROOT", "CALLED", "SOCKET"] { #expect(!said.contains(word), "\(said)") }
            #expect(said.contains("ordinary sockets work"), "\(said)")
            #expect(
                said.contains("NoNewPrivs:\t1") && said.contains("Seccomp:\t2") && said.contains("CapEff:\t0000000000000000"),
                "\(said)"
            )
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `root's runs go on as another user`() async throws {
        try await outcome("id -u; id -G; stat -c %u /workspace/source") { outcome, _ in
            #expect(said(outcome) == "65534\n65534\n65534", "\(said(outcome))")
        }
    }

    @Test(arguments: [
        "ln -s /etc/hostname", "ln -s /proc/1/root/workspace/source/main.tf", "mkfifo", "mkdir", "ln /workspace/source/main.tf",
    ])
    func `a state that was exchanged is not read, and nobody waits for it`(how: String) async throws {
        try await outcome("sleep 1; rm -rf /workspace/state/terraform.tfstate; \(how) /workspace/state/terraform.tfstate; kill -9 1 $PPID")
        { outcome, workspace in
            let error = #expect(throws: TerraformError.self) { try workspace.state() }
            #expect(error?.reason == .foreign(path: "state/terraform.tfstate"))
        }
    }

    @Test(arguments: [
        "for i in $(seq 60); do exec {f}<> /workspace/tmp/x; rm /workspace/tmp/x; head -c 8388608 /dev/zero >&$f; sleep 0.1; done",
        """
        mkdir /workspace/tmp/d; exec 9> /workspace/tmp/d/x; chmod 0 /workspace/tmp/d
        for i in $(seq 60); do head -c 8388608 /dev/zero >&9; sleep 0.1; done
        """,
    ])
    func `room that is taken by files which can't be seen counts as well`(script: String) async throws {
        let script = "bash -c \(Self.quoted(script))"
        try await outcome(script, limits: RunLimits(disk: 64 << 20)) { outcome, _ in
            guard case .killed(.exceeded(let excess)) = outcome.exit.end else { return #expect(Bool(false), "\(outcome.exit)") }
            #expect(excess.kind == .disk && excess.peak > 64 << 20)
        }
    }

    @Test(arguments: [
        "for i in $(seq 60); do head -c 8388608 /dev/zero > /tmp/$i; sleep 0.1; done",
        "for i in $(seq 60); do head -c 8388608 /dev/zero > /dev/shm/$i; sleep 0.1; done",
        """
        exec /usr/bin/python3 -c "
        import os, time
        files = []
        for i in range(60):
            files.append(os.memfd_create('x'))
            for _ in range(8): os.write(files[-1], b'x' * 1048576)
            time.sleep(0.1)
        "
        """,
    ])
    func `files in memory count as memory`(script: String) async throws {
        let script = "bash -c \(Self.quoted(script))"
        try await outcome(script, limits: RunLimits(memory: 200 << 20)) { outcome, _ in
            guard case .killed(.exceeded(let excess)) = outcome.exit.end else { return #expect(Bool(false), "\(outcome.exit)") }
            #expect(excess.kind == .memory && excess.peak > 200 << 20)
        }
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }

    @Test func `a run that fills its workspace is ended, and told with the limit and what was seen`() async throws {
        let limits = RunLimits(disk: 64 << 20)
        try await outcome("for i in $(seq 40); do head -c 8388608 /dev/zero > /workspace/tmp/$i; sleep 0.1; done", limits: limits) {
            outcome,
            workspace in
            guard case .killed(.exceeded(let excess)) = outcome.exit.end else { return #expect(Bool(false), "\(outcome.exit)") }
            #expect(excess.kind == .disk && excess.limit == 64 << 20 && excess.peak > 64 << 20)
            #expect(outcome.exit.sentence.contains("64 MiB") && outcome.exit.sentence.contains("SLIPWAY_RUN_DISK"))
            // What was made before is in the state.
            let state = String(decoding: try workspace.state() ?? [], as: UTF8.self)
            #expect(state.contains("\"first\""))
        }
    }

    @Test func `a run that starts processes without end is ended`() async throws {
        try await outcome("for i in $(seq 3000); do sleep 100 & done; wait", limits: RunLimits(processes: 150)) { outcome, _ in
            let isEnded = if case .killed(.exceeded(let excess)) = outcome.exit.end { excess.kind == .processes } else { false }
            // The kernel may refuse them first, and then the provisioner fails.
            #expect(isEnded || !outcome.exit.isSuccess, "\(outcome.exit)")
        }
    }

    @Test func `a run that takes memory without end is ended`() async throws {
        let script = "/usr/bin/python3 -c 'import time; b = bytearray(b\"x\" * (300 << 20)); time.sleep(60)'"
        try await outcome(script, limits: RunLimits(memory: 200 << 20)) { outcome, _ in
            guard case .killed(.exceeded(let excess)) = outcome.exit.end else { return #expect(Bool(false), "\(outcome.exit)") }
            #expect(excess.kind == .memory && excess.peak > 200 << 20)
        }
    }

    @Test func `a run that writes without end is ended`() async throws {
        try await outcome("yes 0123456789012345678901234567890123456789 | head -c 400000000", limits: RunLimits(log: 2 << 20)) {
            outcome,
            _ in
            guard case .killed(.exceeded(let excess)) = outcome.exit.end else { return #expect(Bool(false), "\(outcome.exit)") }
            #expect(excess.kind == .log)
        }
    }

    @Test func `lines without end, of a character each, are read in time that is proportional to them`() async throws {
        try await Bench.with { bench in
            let workspace = try bench.workspace("")
            defer { workspace.remove() }
            let follower = try OutputFollower(workspace: workspace, parser: EventParser(redactor: Redactor()), isInJSON: true)
            let count = 400_000
            try FileSystem.write((0..<count).flatMap { _ in Array("x\n".utf8) }, to: "\(workspace.path)/output.jsonl")
            follower.complete()
            // Each taken out of the front of what was read, they took many minutes.
            try await within(.seconds(120), "the last line") {
                var seen = 0
                while let line = await follower.next() {
                    seen += 1
                    if line.message != "x" { throw TooLate(description: "line \(seen) is \(line.message):") }
                }
                #expect(seen == count)
            }
        }
    }

    @Test func `a worker that stands still has its run ended beside it`() async throws {
        try await Bench.with { bench in
            let source = "\(bench.folder)/stopped"
            try FileSystem.makeFolder(source)
            let text = "resource \"terraform_data\" \"x\" {\n provisioner \"local-exec\" { command = \"sleep 300\" }\n}\n"
            try FileSystem.write(Array(text.utf8), to: "\(source)/main.tf")
            let holder = try await Holder(bench, source: source, lease: 2).process
            defer { holder.signal(SIGKILL) }
            try await until("the provisioner to run") { ProcessTable.tree(holder.pid).contains { ProcessTable.name($0) == "sleep" } }
            let terraform = ProcessTable.tree(holder.pid).first { ProcessTable.name($0) == "terraform" }
            let handle = try #require(terraform.flatMap { ProcessHandle($0) })
            // Renewed, it goes on beyond a lease.
            #expect(await !handle.waitForEnd(limit: .seconds(4)))
            holder.signal(SIGSTOP)
            #expect(await handle.waitForEnd(limit: .seconds(20)))
            // The one that stands still holds its workspace all the same: the next attempt takes it over.
            let taken = try Leftover.adopt(in: bench.root) { _ in
                true
            } superseding: { _ in
                true
            }
            #expect(taken.count == 1)
            taken.first?.remove()
        }
    }

    @Test func `a workspace that is held is taken over only by whom it was superseded by`() async throws {
        try await Bench.with { bench in
            let workspace = try bench.workspace("", state: [1])
            defer { workspace.remove() }
            #expect(try Leftover.adopt(in: bench.root).isEmpty)
            #expect(
                try Leftover.adopt(in: bench.root) { _ in
                    true
                } superseding: {
                    $0["job"] == "j-1"
                }.map(\.state) == [[1]]
            )
        }
    }
}
