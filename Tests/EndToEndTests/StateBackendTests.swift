import FoundationEssentials
import Host
import TestKit
import Testing

/// Terraform itself, with its state in a server.
@Suite(.requires(.terraform)) struct TerraformBackendTests {
    private static let code = """
        variable "word" { default = "one" }
        resource "terraform_data" "a" { input = var.word }
        resource "terraform_data" "slow" {
          count = fileexists("${path.module}/slow") ? 1 : 0
          provisioner "local-exec" { command = "touch begun; while [ ! -e go ]; do sleep 0.05; done" }
        }
        output "word" { value = terraform_data.a.output }
        """

    private func terraform(_ served: ServedSlipway, _ folder: String, _ arguments: String...) async throws -> ChildProcess.Finished {
        let program = try #require(RequiredTool.terraform.path)
        return try await served.run(program, arguments + ["-no-color"], folder: folder)
    }

    private func isGood(_ finished: ChildProcess.Finished) -> Bool { finished.status.end == .code(0) }

    private func said(_ finished: ChildProcess.Finished) -> String { finished.text + finished.errorText }

    /// A folder with the code, and the backend that the program prints.
    private func folder(_ served: ServedSlipway, _ name: String, withBackend: Bool = true) async throws -> String {
        let folder = try served.slipway.write(Self.code, to: "\(name)/main.tf")
        if withBackend { try await addBackend(served, folder) }
        return folder
    }

    private func addBackend(_ served: ServedSlipway, _ folder: String) async throws {
        let printed = try await served.slipway.run("state", "backend", "--project", "ext", "--url", served.url)
        try FileSystem.write(Array(printed.output.utf8), to: "\(folder)/backend.tf")
    }

    private func wait(for path: String) async throws {
        try await within(.seconds(60), path) { while !FileSystem.exists(path) { try await Task.sleep(for: .milliseconds(20)) } }
    }

    @Test func `init, apply, change and destroy keep the state in the vault`() async throws {
        try await ServedSlipway.with(workers: 0) { served in
            let folder = try await folder(served, "ext")
            let made = try await terraform(served, folder, "init")
            #expect(isGood(made), "\(said(made))")
            let applied = try await terraform(served, folder, "apply", "-auto-approve")
            #expect(isGood(applied), "\(said(applied))")
            let changed = try await terraform(served, folder, "apply", "-auto-approve", "-var=word=two")
            #expect(isGood(changed), "\(said(changed))")
            #expect(try await terraform(served, folder, "output", "-raw", "word").text == "two")
            #expect(!FileSystem.exists("\(folder)/terraform.tfstate"))
            let versions = try await served.json("GET", "/api/deployments/ext/state/versions")
            #expect(versions["items"]?.list.count == 2, "\(versions)")
            #expect(versions["items"]?[0]?["createdBy"]?.text == "token:administrator")
            let destroyed = try await terraform(served, folder, "destroy", "-auto-approve")
            #expect(isGood(destroyed), "\(said(destroyed))")
            #expect(try await served.json("GET", "/api/deployments/ext")["status"]?.text == "destroyed")
            #expect(try await served.json("GET", "/api/deployments/ext/lock")["lock"] == .null)
        }
    }

    @Test func `a local state moves here`() async throws {
        try await ServedSlipway.with(workers: 0) { served in
            let folder = try await folder(served, "ext", withBackend: false)
            #expect(isGood(try await terraform(served, folder, "init")))
            #expect(isGood(try await terraform(served, folder, "apply", "-auto-approve")))
            let local = try #require(JSONTree(String(decoding: try FileSystem.read("\(folder)/terraform.tfstate"), as: UTF8.self)))
            try await addBackend(served, folder)
            let moved = try await terraform(served, folder, "init", "-migrate-state", "-force-copy")
            #expect(isGood(moved), "\(said(moved))")
            let kept = try await served.json("GET", "/api/state/ext")
            // Its lineage is Terraform's to choose.
            #expect(kept["resources"] == local["resources"] && kept["outputs"] == local["outputs"], "\(kept) \(local)")
            let plan = try await terraform(served, folder, "plan", "-detailed-exitcode")
            #expect(isGood(plan), "\(said(plan))")
        }
    }

    @Test func `of two at once one waits its turn, and after a kill a person ends the lock`() async throws {
        try await ServedSlipway.with(workers: 0) { served in
            let program = try #require(RequiredTool.terraform.path)
            let (one, two) = (try await folder(served, "one"), try await folder(served, "two"))
            for folder in [one, two] { #expect(isGood(try await terraform(served, folder, "init"))) }
            #expect(isGood(try await terraform(served, one, "apply", "-auto-approve")))

            // One that holds the lock and stands still.
            try FileSystem.write([], to: "\(one)/slow")
            let environment = served.slipway.environment.merging(["TF_HTTP_PASSWORD": served.token]) { _, own in own }
            let holder = try ChildProcess.start(
                ChildProcess.Command(program, ["apply", "-auto-approve", "-no-color"], environment: environment, folder: one)
            )
            try await wait(for: "\(one)/begun")
            let refused = try await terraform(served, two, "apply", "-auto-approve", "-var=word=other")
            #expect(!isGood(refused))
            #expect(
                said(refused).contains("Error acquiring the state lock") && said(refused).contains("OperationTypeApply"),
                "\(said(refused))"
            )
            #expect(try await served.json("GET", "/api/state/ext")["outputs"]?["word"]?["value"]?.text == "one")

            // Killed in the middle: the lock stays until a person ends it.
            holder.signal(9)
            _ = await holder.wait()
            try FileSystem.write([], to: "\(one)/go")
            let lock = try #require(try await served.json("GET", "/api/deployments/ext/lock")["lock"]?["lock"]?.text)
            #expect(!isGood(try await terraform(served, two, "apply", "-auto-approve")))
            let ended = try await terraform(served, two, "force-unlock", "-force", lock)
            #expect(isGood(ended), "\(said(ended))")
            let applied = try await terraform(served, two, "apply", "-auto-approve", "-var=word=after")
            #expect(isGood(applied), "\(said(applied))")
            #expect(try await served.json("GET", "/api/state/ext")["outputs"]?["word"]?["value"]?.text == "after")

            // Whoever still had the old lock can't write.
            let state = try await served.ask("GET", "/api/state/ext").body
            let newer = state.replacing(#""serial": 2"#, with: #""serial": 99"#)
            #expect(try await served.ask("POST", "/api/state/ext?ID=\(lock)", body: Array(newer.utf8)).status == 409)
        }
    }

    @Test func `a run of Slipway's own and Terraform's keep out of each other's way`() async throws {
        try await ServedSlipway.with(workers: 1) { served in
            let folder = try await folder(served, "ext")
            #expect(isGood(try await terraform(served, folder, "init")))
            let program = try #require(RequiredTool.terraform.path)
            try FileSystem.write([], to: "\(folder)/slow")
            let environment = served.slipway.environment.merging(["TF_HTTP_PASSWORD": served.token]) { _, own in own }
            let holder = try ChildProcess.start(
                ChildProcess.Command(program, ["apply", "-auto-approve", "-no-color"], environment: environment, folder: folder)
            )
            try await wait(for: "\(folder)/begun")
            let body = #"{"projectId":"ext","iacCode":"output \"mine\" {\n  value = 1\n}\n"}"#
            let job = try #require(try await served.json("POST", "/api/deploy", body)["jobId"]?.text)
            // The run meets the lock, and is tried again later.
            try await within(.seconds(60), "a refusal") {
                while try await served.json("GET", "/api/jobs/\(job)")["attempt"]?.number == 0 {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try FileSystem.write([], to: "\(folder)/go")
            #expect(await holder.wait().end == .code(0))
            #expect(!FileSystem.exists("\(folder)/errored.tfstate"))
            let status = try await served.end(of: job, within: .seconds(120))
            #expect(status["status"]?.text == "completed", "\(status)")
            #expect(try await served.json("GET", "/api/deploy/outputs/ext")["outputs"]?["mine"]?.number == 1)
        }
    }
}
