import FoundationEssentials
import Host
import TestKit
import Testing

@Suite(.requires(.terraform)) struct ServerTests {
    private static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")

    @Test func `the workflow of requirement 004 goes through, with curl`() async throws {
        try await ServedSlipway.with { served in
            let finished = try await served.run("/usr/bin/env", ["bash", "\(Self.folder)/workflow.sh"])
            #expect(finished.status.end == .code(0), "\(finished.text)\n\(finished.errorText)")
            #expect(finished.text.hasSuffix("the workflow is complete\n"))
        }
    }

    @Test func `the token is printed once, and a job goes on after a kill and a restart`() async throws {
        try await Slipway.with { slipway in
            let first = try await ServedSlipway(slipway, workers: 1)
            let code =
                "resource \\\"terraform_data\\\" \\\"a\\\" {\\n  provisioner \\\"local-exec\\\" {\\n    command = \\\"sleep 3\\\"\\n  }\\n}\\n"
            let accepted = try await first.json("POST", "/api/deploy", #"{"projectId":"shop","iacCode":"\#(code)"}"#)
            let job = try #require(accepted["jobId"]?.text, "\(accepted)")
            try await within(.seconds(60), "the apply") {
                while try await first.json("GET", "/api/deploy/status/\(job)")["stage"]?.text != "apply" {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            first.process.child.signal(9)
            #expect(try await first.process.end() == 137)
            let second = try await ServedSlipway(slipway, workers: 1, token: first.token)
            #expect(!second.process.lines.contains { $0.hasPrefix("administrator token") })
            #expect(try await second.json("GET", "/api/me")["isAdministrator"]?.bool == true)
            _ = try await second.ask("POST", "/api/jobs/\(job)/cancel")
            _ = try await second.end(of: job)
            // Drained: nothing of it is left.
            second.process.child.signal(15)
            #expect(try await second.process.end(within: .seconds(60)) == 0)
        }
    }

    @Test func `a first signal drains, a second one stops at once`() async throws {
        try await Slipway.with { slipway in
            let served = try await ServedSlipway(slipway, workers: 1)
            let code =
                "resource \\\"terraform_data\\\" \\\"a\\\" {\\n  provisioner \\\"local-exec\\\" {\\n    command = \\\"sleep 600\\\"\\n  }\\n}\\n"
            let job = try #require(
                try await served.json("POST", "/api/deploy", #"{"projectId":"shop","iacCode":"\#(code)"}"#)["jobId"]?.text
            )
            // Whoever follows holds the drain up, for a while.
            let follower = try ChildProcess.start(
                ChildProcess.Command(
                    "/usr/bin/env",
                    ["curl", "-sN", "-H", "Authorization: Bearer \(served.token)", "\(served.url)/api/jobs/\(job)/log?follow=1"],
                    environment: slipway.environment
                )
            )
            try await within(.seconds(60), "the apply") {
                while try await served.json("GET", "/api/deploy/status/\(job)")["stage"]?.text != "apply" {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            served.process.child.signal(15)
            try await within(.seconds(20), "the drain") {
                while try await served.ask("GET", "/healthz").status == 200 { try await Task.sleep(for: .milliseconds(20)) }
            }
            if !served.process.isOver { served.process.child.signal(15) }
            #expect([0, 130].contains(try await served.process.end(within: .seconds(5))))
            follower.signal(9)
            _ = await follower.wait()
            // What it left is taken up by the next.
            let next = try await ServedSlipway(slipway, workers: 1, token: served.token)
            _ = try await next.ask("POST", "/api/jobs/\(job)/cancel")
            _ = try await next.end(of: job)
            next.process.child.signal(15)
            #expect(try await next.process.end(within: .seconds(60)) == 0)
        }
    }

    @Test func `archives that lie, lead out or swell are refused, and the server keeps answering`() async throws {
        try await ServedSlipway.with(workers: 0) { served in
            let script = """
                import io, gzip, sys, tarfile, zlib
                kind = sys.argv[1]
                out = io.BytesIO()
                if kind == "bomb":
                    # 1 GiB of zeros in a megabyte.
                    c = zlib.compressobj(9, zlib.DEFLATED, 31)
                    for _ in range(1024): out.write(c.compress(b"\\\\0" * (1 << 20)))
                    out.write(c.flush())
                elif kind == "zip":
                    import zipfile
                    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z: z.writestr("main.tf", b" " * (1 << 26))
                elif kind == "cut":
                    out.write(gzip.compress(b"x" * 100000)[:200])
                else:
                    with tarfile.open(fileobj=out, mode="w:gz") as tar:
                        def add(name, data=b"", **more):
                            info = tarfile.TarInfo(name); info.size = len(data)
                            for key, value in more.items(): setattr(info, key, value)
                            tar.addfile(info, io.BytesIO(data))
                        add("main.tf", b"# fine\\\\n")
                        if kind == "parent": add("../evil.tf", b"x")
                        if kind == "absolute": add("/tmp/evil.tf", b"x")
                        if kind == "link": add("out", type=tarfile.SYMTYPE, linkname="/etc/passwd")
                        if kind == "through":
                            add("up", type=tarfile.SYMTYPE, linkname="sub"); add("up/evil.tf", b"x")
                        if kind == "chain":
                            add("a/b", type=tarfile.SYMTYPE, linkname=".."); add("x", type=tarfile.SYMTYPE, linkname="a/b/../..")
                        if kind == "device": add("null", type=tarfile.CHRTYPE)
                        if kind == "hard": add("hard", type=tarfile.LNKTYPE, linkname="main.tf")
                        if kind == "many":
                            for n in range(20100): add("f%d" % n)
                        if kind == "twice": add("main.tf", b"# other")
                sys.stdout.buffer.write(out.getvalue())
                """.replacing("\\\\", with: "\\")
            let kinds = ["bomb", "zip", "cut", "parent", "absolute", "link", "through", "chain", "device", "hard", "many", "twice"]
            for kind in kinds {
                let path = "\(served.slipway.folder)/\(kind)"
                let made = try await served.run("/usr/bin/env", ["bash", "-c", "python3 -c \"$1\" \(kind) > \(path)", "-", script])
                #expect(made.status.end == .code(0), "\(made.errorText)")
                let answer = try await served.ask(
                    "POST",
                    "/api/deploy?projectId=\(kind)",
                    ["-H", "Content-Type: application/gzip", "--data-binary", "@\(path)"]
                )
                #expect((400..<500).contains(answer.status), "\(kind): \(answer)")
                #expect(JSONTree(answer.body)?["error"]?.text?.isEmpty == false, "\(kind): \(answer)")
            }
            #expect(try await served.json("GET", "/api/deployments")["items"]?.list == [])
            let facts = String(decoding: try FileSystem.read("/proc/\(served.process.pid)/status"), as: UTF8.self)
            let peak = facts.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }.flatMap { Int($0.filter(\.isNumber)) } ?? 0
            #expect(peak < 300 * 1024, "\(peak) KiB at the peak")
        }
    }
}
