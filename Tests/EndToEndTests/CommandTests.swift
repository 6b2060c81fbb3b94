import FoundationEssentials
import Host
import TestKit
import Testing

@Suite(.requires(.terraform)) struct DeployCommandTests {
    private static let small = """
        variable "word" { default = "hello" }
        resource "terraform_data" "one" {
          input = var.word
          provisioner "local-exec" { command = "echo one is made" }
        }
        resource "terraform_data" "two" { input = terraform_data.one.output }
        output "word" { value = terraform_data.two.output }
        output "hidden" {
          value     = "very-hidden-${var.word}"
          sensitive = true
        }
        """

    /// The example of the README, at the root of the project.
    private static let hello =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/Examples/hello"

    @Test func `the hello example deploys, changes, plans and is destroyed`() async throws {
        try await Slipway.with { slipway in
            let deployed = try await slipway.run("deploy", Self.hello, "--project", "hello", "--auto-approve")
            #expect(deployed.code == 0, "\(deployed)")
            #expect(deployed.lines.first?.hasPrefix("job: deploy-") == true)
            for part in ["planned: create terraform_data.network", "plan: 6 to add, 0 to change, 0 to destroy", "completed:", "outputs:"] {
                #expect(deployed.output.contains(part), "no \(part) in \(deployed)")
            }
            #expect(!deployed.output.contains("correct-horse") && !deployed.output.contains("\u{1B}"))

            let planned = try await slipway.run("plan", Self.hello, "--project", "hello", "--var", "workers=4", "--var", "greeting=Salut")
            #expect(planned.code == 0 && planned.output.contains("terraform_data.worker[3]"), "\(planned)")
            #expect(try await slipway.run("state", "list", "--project", "hello").lines.count == 6)

            let changed = try await slipway.run("deploy", Self.hello, "--project", "hello", "--var", "workers=4", "--auto-approve")
            #expect(changed.code == 0 && changed.output.contains("terraform_data.worker[3]"), "\(changed)")
            #expect(try await slipway.run("outputs", "message", "--project", "hello").output == "Hello from 4 workers\n")

            let destroyed = try await slipway.run("destroy", "--project", "hello", "--auto-approve")
            #expect(destroyed.code == 0 && destroyed.output.contains("7 destroyed"), "\(destroyed)")
            #expect(try await slipway.run("state", "list", "--project", "hello").lines == [])
            #expect(try await slipway.json("deployments")[0]?["status"]?.text == "destroyed")
        }
    }

    @Test func `with --json every line is an event with its documented fields`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.small, to: "source/main.tf")
            let answer = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve", "--json")
            #expect(answer.code == 0, "\(answer)")
            let events = answer.lines.map { JSONTree($0) }
            #expect(events.allSatisfy { $0?.names.isSuperset(of: ["type", "job", "at", "data"]) == true }, "\(answer)")
            let types = events.compactMap { $0?["type"]?.text }
            let known: Set = [
                "stage", "environment", "planned", "drift", "plan_summary", "resource", "provisioner", "log", "diagnostic", "outputs",
                "state_saved", "finished",
            ]
            #expect(Set(types).subtracting(known) == [])
            for type in [
                "stage", "environment", "planned", "plan_summary", "resource", "provisioner", "outputs", "state_saved", "finished",
            ] {
                #expect(types.contains(type), "no \(type)")
            }
            func data(_ type: String) -> JSONTree? { events.compactMap(\.self).last { $0["type"]?.text == type }?["data"] }
            #expect(data("finished")?["status"]?.text == "completed" && types.last == "finished")
            #expect(data("plan_summary")?["add"]?.number == 2)
            #expect(data("resource")?["idValue"]?.text?.isEmpty == false && data("resource")?["phase"]?.text == "completed")
            #expect(data("provisioner")?["text"]?.text == "one is made")
            #expect(data("environment")?.names.isSuperset(of: ["program", "sandbox", "workspace", "attempt", "worker"]) == true)
            #expect(data("outputs")?["hidden"]?["sensitive"]?.bool == true && data("outputs")?["hidden"]?["value"] == nil)
            #expect(!answer.output.contains("very-hidden"))
            #expect(data("stage")?["progress"]?.number == 90 || data("stage")?["progress"]?.number == 100)
            let times = events.compactMap { $0?["at"]?.text }
            #expect(times == times.sorted() && times.allSatisfy { $0.hasSuffix("Z") })
        }
    }

    @Test func `a plan waits for its approval, and the exit codes say where it stands`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.small, to: "source/main.tf")
            // Without a terminal and without a word about it, the plan waits.
            let waiting = try await slipway.run("deploy", source, "--project", "shop")
            #expect(waiting.code == 4, "\(waiting)")
            let job = try #require(waiting.lines.first?.split(separator: " ").last.map(String.init))
            #expect(waiting.output.contains("slipway approve \(job)"))
            #expect(try await slipway.run("status", job).code == 4)
            #expect(try await slipway.json("status", job)["status"]?.text == "scheduled")
            #expect(try await slipway.run("state", "list", "--project", "shop").code == 1)

            let approved = try await slipway.run("approve", job)
            #expect(approved.code == 0 && approved.output.contains("completed:"), "\(approved)")
            #expect(try await slipway.run("approve", job).code == 1)
            #expect(try await slipway.run("status", job).code == 0)

            let second = try await slipway.json("destroy", "--project", "shop", "--plan-first", "--detach")
            let destroy = try #require(second["job"]?.text)
            let worker = try await slipway.run("worker", "--exit-when-idle")
            #expect(worker.code == 0, "\(worker)")
            #expect(try await slipway.run("status", destroy).code == 4)
            let refused = try await slipway.run("refuse", destroy, "--reason", "not today")
            #expect(refused.code == 0)
            #expect(try await slipway.run("status", destroy).code == 3)
            #expect(try await slipway.run("state", "list", "--project", "shop").lines.count == 2)
        }
    }

    @Test func `a failed deploy ends with 1 and its diagnostic, and a wrong word with 2`() async throws {
        try await Slipway.with { slipway in
            let broken = try slipway.write("resource \"terraform_data\" \"x\" {\n  inptu = 1\n}\n", to: "broken/main.tf")
            let failed = try await slipway.run("deploy", broken, "--project", "shop", "--auto-approve")
            #expect(failed.code == 1 && failed.output.contains("main.tf:2") && failed.output.contains("inptu"), "\(failed)")
            let job = try #require(failed.lines.first?.split(separator: " ").last.map(String.init))
            #expect(try await slipway.run("status", job).code == 1)
            let status = try await slipway.json("status", job)
            #expect(status["errorMessage"]?.text?.contains("inptu") == true && status["errorCode"]?.text == "syntax")
            #expect(status["attempts"]?.list.count == 1 && status["attempts"]?[0]?["outcome"]?.text == "failed")

            for words in [
                ["deploy"], ["deploy", broken], ["deploy", broken, "--project", "x", "--wat"],
                ["deploy", broken, "--project", "x", "--timeout", "soon"],
                ["frobnicate"], ["state"], ["deploy", broken, "--project", "x", "--auto-approve", "--plan-first"], ["status"],
            ] {
                let answer = try await slipway.run(words)
                #expect(answer.code == 2 && !answer.errors.isEmpty, "\(words): \(answer)")
            }
            for words in [
                ["status", "deploy-1-nobody"], ["logs", "deploy-1-nobody"], ["cancel", "deploy-1-nobody"], ["approve", "deploy-1-nobody"],
                ["outputs", "--project", "nobody"], ["state", "pull", "--project", "nobody"],
                ["destroy", "--project", "nobody", "--auto-approve"],
                ["provision", "nobody"], ["credential", "remove", "nobody"],
            ] {
                let answer = try await slipway.run(words)
                #expect(answer.code == 1 && answer.errors.split(separator: "\n").count == 1, "\(words): \(answer)")
                let told = try await slipway.run(words + ["--json"])
                #expect(JSONTree(told.output)?["error"]?.text?.isEmpty == false, "\(words): \(told)")
            }
        }
    }

    @Test func `what was deployed can be looked at in every way`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.small, to: "source/main.tf")
            let job = try #require(try await slipway.json("deploy", source, "--project", "shop", "--detach", "--auto-approve")["job"]?.text)
            #expect(try await slipway.json("jobs")[0]?["status"]?.text == "pending")
            let following = try slipway.start("logs", job, "--follow")
            let watching = try slipway.start("status", job, "--follow", "--json")
            #expect(try await slipway.run("worker", "--exit-when-idle").code == 0)
            #expect(try await following.end() == 0)
            #expect(following.lines.contains { $0.contains("one is made") }, "\(following.lines)")
            #expect(try await watching.end() == 0)
            #expect(watching.lines.last.flatMap { JSONTree($0) }?["data"]?["status"]?.text == "completed")

            let jobs = try await slipway.json("jobs", "--project", "shop")
            #expect(jobs.list.count == 1 && jobs[0]?["job"]?.text == job && jobs[0]?["kind"]?.text == "deploy")
            #expect(try await slipway.json("jobs", "--status", "failed").list == [])
            #expect(try await slipway.run("jobs").output.contains(job))
            #expect(try await slipway.run("logs", job).output.contains("one is made"))
            #expect(try await slipway.json("logs", job)["log"]?.text?.contains("one is made") == true)

            let outputs = try await slipway.json("outputs", "--project", "shop")
            #expect(outputs["word"]?["value"]?.text == "hello" && outputs["word"]?["type"]?.text == "string")
            #expect(outputs["hidden"]?["sensitive"]?.bool == true)
            #expect(try await slipway.run("outputs", "--project", "shop").output.contains("hidden = <sensitive>"))
            #expect(try await slipway.run("outputs", "hidden", "--project", "shop").output == "very-hidden-hello\n")
            #expect(try await slipway.run("outputs", "nope", "--project", "shop").code == 1)

            let state = try await slipway.json("state", "pull", "--project", "shop")
            #expect(state.stateResources.keys.sorted() == ["terraform_data.one", "terraform_data.two"])
            #expect(
                try await slipway.json("state", "list", "--project", "shop").list.map(\.text) == [
                    "terraform_data.one", "terraform_data.two",
                ]
            )
            let versions = try await slipway.json("state", "versions", "--project", "shop")
            #expect(versions[0]?["serial"] == state["serial"] && versions[0]?["isFinal"]?.bool == true && versions[0]?["job"]?.text == job)
            let deployment = try #require(try await slipway.json("deployments")[0])
            #expect(deployment["status"]?.text == "completed" && deployment["resources"]?.number == 2)
            #expect(try await slipway.run("deployments").output.contains("shop"))

            let again = try await slipway.run("provision", "shop", "--sync")
            #expect(again.code == 0, "\(again)")
            #expect(try await slipway.run("refresh", "--project", "shop").code == 0)
        }
    }

    @Test func `no start brings libraries that only some installations need`() async throws {
        try await Slipway.with { slipway in
            // The loader lists what the program is linked with, and starts nothing; ld.so(8).
            let linked = try await slipway.run("version", environment: ["LD_TRACE_LOADED_OBJECTS": "1"])
            #expect(linked.output.contains("libcrypto"))
            for name in ["libcurl", "libpq", "libhiredis", "libldap", "libgnutls", "libgssapi"] {
                #expect(!linked.output.contains(name), "\(linked.output)")
            }
        }
    }

    @Test func `doctor, version, completions and help answer`() async throws {
        try await Slipway.with { slipway in
            let version = try await slipway.run("version")
            #expect(version.code == 0 && version.lines.count == 1)
            #expect(try await slipway.json("version")["version"]?.text.map { version.output.contains($0) } == true)
            let doctor = try await slipway.json("doctor")
            #expect(
                doctor.list.compactMap { $0["name"]?.text } == [
                    "data folder", "keyring", "database", "terraform", "sandbox", "run user", "system calls", "abstract sockets", "output",
                    "run limits", "network", "workspaces",
                    "providers", "queue", "locks", "events", "backups", "backup place",
                ]
            )
            #expect(doctor.list.allSatisfy { $0["verdict"]?.text != "failed" }, "\(doctor)")
            let backups = doctor.list.first { $0["name"]?.text == "backups" }
            #expect(backups?["counts"]?["pending"]?.number == 0)
            #expect(backups?["counts"]?["failed"]?.number == 0)
            // A store and a Redis that nobody answers at: the one fails, for backups are promised; the other only warns.
            let away = try await slipway.run(
                "doctor",
                "--json",
                environment: [
                    "SLIPWAY_BACKUP_URL": "s3://some-bucket?endpoint=http://127.0.0.1:1&region=x&path-style=1",
                    "SLIPWAY_REDIS_URL": "unix:///nowhere/redis.sock", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
                ]
            )
            let verdicts = JSONTree(away.output)?.list.suffix(4).compactMap { $0["verdict"]?.text }
            #expect(away.code == 1 && verdicts == ["warning", "ok", "ok", "failed"], "\(away)")
            let broken = try await slipway.run("doctor", environment: ["SLIPWAY_TERRAFORM": "/nowhere/terraform"])
            #expect(broken.code == 1 && broken.output.contains("/nowhere/terraform"), "\(broken)")
            for shell in ["bash", "zsh", "fish"] {
                let answer = try await slipway.run("completions", shell)
                #expect(answer.code == 0 && answer.output.contains("slipway"))
            }
            #expect(try await slipway.run("--help").output.contains("deploy"))
            #expect(try await slipway.run("help", "state", "pull").code == 0)
            for value in ["SLIPWAY_SANDBOX", "SLIPWAY_NETWORK", "SLIPWAY_WORKERS", "SLIPWAY_LOG"] {
                let answer = try await slipway.run("doctor", environment: [value: "nonsense"])
                #expect(answer.code == 2 && answer.errors.contains(value), "\(answer)")
            }
        }
    }

    @Test func `a cancel from elsewhere ends the deploy with 3 and names what is tainted`() async throws {
        let slow = """
            resource "terraform_data" "quick" { input = 1 }
            resource "terraform_data" "slow" {
              input = terraform_data.quick.output
              provisioner "local-exec" { command = "echo slow begins; exec sleep 600" }
            }
            """
        try await Slipway.with { slipway in
            let source = try slipway.write(slow, to: "source/main.tf")
            let deploy = try slipway.start("deploy", source, "--project", "shop", "--auto-approve")
            let job = try await deploy.line("the job") { $0.hasPrefix("job: ") }.split(separator: " ").last.map(String.init) ?? ""
            try await deploy.line("the slow one") { $0.contains("slow begins") }
            #expect(try await slipway.run("cancel", job).code == 0)
            #expect(try await deploy.end() == 3)
            #expect(deploy.lines.contains { $0.hasPrefix("cancelled:") && $0.contains("terraform_data.slow") }, "\(deploy.lines)")
            #expect(try await slipway.run("cancel", job).code == 1)
            #expect(try await slipway.json("state", "list", "--project", "shop").list.count == 2)
        }
    }

    @Test func `Ctrl-C once cancels gracefully`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(
                "resource \"terraform_data\" \"slow\" {\n provisioner \"local-exec\" { command = \"echo slow begins; exec sleep 600\" }\n}",
                to: "source/main.tf"
            )
            let deploy = try slipway.start("deploy", source, "--project", "shop", "--auto-approve")
            try await deploy.line("the slow one") { $0.contains("slow begins") }
            deploy.child.signal(2)
            #expect(try await deploy.end() == 3)
            #expect(deploy.errors.contains("Cancelling"))
        }
    }

    @Test func `Ctrl-C twice leaves the job to its worker`() async throws {
        let slow = """
            resource "terraform_data" "slow" {
              provisioner "local-exec" { command = "echo slow begins; exec sleep 600" }
            }
            """
        try await Slipway.with { slipway in
            let source = try slipway.write(slow, to: "source/main.tf")
            let deploy = try slipway.start("deploy", source, "--project", "shop", "--auto-approve")
            let job = try await deploy.line("the job") { $0.hasPrefix("job: ") }.split(separator: " ").last.map(String.init) ?? ""
            try await deploy.line("the slow one") { $0.contains("slow begins") }
            // Stopped by the kernel, Terraform can't end by the first one already.
            let terraforms = slipway.terraforms
            #expect(!terraforms.isEmpty)
            for pid in terraforms { ProcessHandle(pid)?.signal(19) }
            deploy.child.signal(2)
            try await until("the first is heard") { deploy.errors.contains("Cancelling") }
            deploy.child.signal(2)
            #expect(try await deploy.end() == 3)
            #expect(deploy.errors.contains("slipway status \(job) --follow"))
            #expect(slipway.workers.count == 1)
            for pid in terraforms { ProcessHandle(pid)?.signal(18) }
            #expect(try await slipway.run("status", job, "--follow").code == 3)
        }
    }

    @Test func `two commands at once on one data folder share it in peace`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.small, to: "source/main.tf")
            try await withThrowingTaskGroup { group in
                for project in ["a", "b", "c"] {
                    group.addTask {
                        let answer = try await slipway.run("deploy", source, "--project", project, "--auto-approve")
                        #expect(answer.code == 0, "\(answer)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await slipway.json("deployments").list.allSatisfy { $0["status"]?.text == "completed" })
        }
    }

    @Test func `the caller's provider variables go along, and nothing else of the environment does`() async throws {
        let spy = """
            resource "terraform_data" "spy" {
              provisioner "local-exec" { command = "env | sed 's/^/env: /'" }
            }
            """
        try await Slipway.with { slipway in
            let source = try slipway.write(spy, to: "source/main.tf")
            let caller = [
                "AWS_SECRET_ACCESS_KEY": "aws-secret-1234", "AWS_REGION": "eu-north-1", "EXTRA": "extra-secret-99",
                "UNRELATED": "stays-here",
            ]
            let answer = try await slipway.run(
                "deploy",
                source,
                "--project",
                "shop",
                "--auto-approve",
                "--env",
                "EXTRA",
                environment: caller
            )
            #expect(answer.code == 0, "\(answer)")
            #expect(
                answer.output.contains("AWS_REGION=eu-north-1") && answer.output.contains("AWS_SECRET_ACCESS_KEY=<redacted>"),
                "\(answer)"
            )
            #expect(
                answer.output.contains("EXTRA=<redacted>") && !answer.output.contains("UNRELATED") && !answer.output.contains("stays-here")
            )
            #expect(!answer.output.contains("aws-secret-1234") && !answer.output.contains("SLIPWAY_"))
            let missing = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve", "--env", "NOT_SET")
            #expect(missing.code == 2 && missing.errors.contains("NOT_SET"))

            let added = try await slipway.run("credential", "add", "prod", "--provider", "aws", environment: caller)
            #expect(added.code == 0 && !added.output.contains("aws-secret-1234"), "\(added)")
            #expect(try await slipway.json("credential", "list")[0]?["variables"]?.list.count == 2)
            let used = try await slipway.run("deploy", source, "--project", "other", "--auto-approve", "--credential", "prod")
            #expect(used.output.contains("AWS_SECRET_ACCESS_KEY=<redacted>"), "\(used)")
            #expect(try await slipway.run("credential", "remove", "prod").code == 0)
            let gone = try await slipway.run("deploy", source, "--project", "other", "--auto-approve", "--credential", "prod")
            #expect(gone.code == 1 && gone.errors.contains("prod"))
        }
    }
}

/// Waits until the condition holds.
func until(_ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw TooLate(description: "\(what): not within \(limit)")
}
