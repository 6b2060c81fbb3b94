import Audit
import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import StateVault
import Storage
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct SecretTests {
    /// Everything that anyone could read of a job: events, log, messages.
    private func everything(_ shop: Workshop, _ job: JobID) async throws -> String {
        let record = try await shop.record(job)
        let deployment = try await shop.deployment()
        let attempts = try await shop.attempts(job)
        var text = try await shop.log(job)
        for event in try await shop.storedEvents(job) { text += event.payload + "\n" }
        for part in [record.errorMessage, record.message, record.result, record.payload, deployment.errorMessage, deployment.message] {
            text += (part ?? "") + "\n"
        }
        for attempt in attempts { text += (attempt.errorMessage ?? "") + "\n" }
        return text
    }

    @Test(arguments: TestDatabase.allCases)
    func `secrets that a run prints are masked wherever they could be read`(kind: TestDatabase) async throws {
        let (token, password, other) = ("tok-8c2f91aa", "pass\"wörd\\<&>", "tfvar-5512-secret")
        let main = """
            variable "password" {
              type      = string
              sensitive = true
            }
            variable "api" {
              type      = string
              sensitive = true
            }
            resource "terraform_data" "talker" {
              input = "x"
              provisioner "local-exec" {
                command = <<-EOT
                  echo "token is $EXAMPLE_TOKEN"
                  echo "api is $TF_VAR_api"
                  echo "password is $P"
                EOT
                environment = { P = nonsensitive(var.password) }
              }
            }
            resource "terraform_data" "fails" {
              input = terraform_data.talker.output
              provisioner "local-exec" { command = "echo \\"it was $EXAMPLE_TOKEN\\" >&2; exit 1" }
            }
            """
        try await Workshop.with(kind) { shop in
            let inputs = RunInputs(
                variables: ["password": password],
                environment: ["EXAMPLE_TOKEN": token, "TF_VAR_api": other]
            )
            let job = try await shop.run(.deploy, main, inputs: inputs, endsAs: .failed)
            let text = try await everything(shop, job)
            #expect(
                text.contains("token is <redacted>") && text.contains("api is <redacted>") && text.contains("it was <redacted>"),
                "\(text)"
            )
            #expect(text.contains("password is <redacted>"), "\(text)")
            #expect(!text.contains(token) && !text.contains(other) && !text.contains("wörd"))
            #expect(try shop.filesHolding(token) == [] && shop.filesHolding(other) == [] && shop.filesHolding("wörd") == [])
        }
    }

    @Test func `a sensitive value from a variable file is masked too`() async throws {
        let main = """
            variable "password" {
              type      = string
              sensitive = true
            }
            variable "region" { type = string }
            resource "terraform_data" "talker" {
              provisioner "local-exec" { command = "echo password ${nonsensitive(var.password)} in ${var.region}" }
            }
            """
        try await Workshop.with { shop in
            let file = "# comment\nregion = \"eu-central-1\"\npassword = \"file-secret-77\"\n"
            let inputs = RunInputs(variableFiles: [.init(name: "prod.tfvars", content: Array(file.utf8))])
            let job = try await shop.run(.deploy, main, inputs: inputs)
            let text = try await everything(shop, job)
            #expect(text.contains("password <redacted> in eu-central-1"), "\(text)")
            #expect(!text.contains("file-secret-77"))
        }
    }

    @Test func `a sensitive output of the last run is masked in the next`() async throws {
        try await Workshop.with { shop in
            try await shop.run(.deploy, Stacks.plain(1, secret: "out-secret-4711"))
            let main =
                Stacks.plain(1, secret: "out-secret-4711") + """

                    resource "terraform_data" "talker" {
                      provisioner "local-exec" { command = "echo it is ${terraform_data.secret.output}" }
                    }
                    """
            let job = try await shop.run(.deploy, main)
            let text = try await everything(shop, job)
            #expect(text.contains("it is <redacted>") && !text.contains("out-secret-4711"), "\(text)")
        }
    }

    @Test(.requires(.bubblewrap)) func `a provisioner sees neither this process's environment nor its files`() async throws {
        try await Workshop.with { shop in
            try FileSystem.write(Array("b41t-content".utf8), to: "\(shop.folder)/bait")
            let main = """
                resource "terraform_data" "spy" {
                  provisioner "local-exec" {
                    command = <<-EOT
                      echo "home is $HOME"
                      env | sed 's/^/env: /'
                      cat \(shop.folder)/bait 2>/dev/null
                      ls /root /home 2>/dev/null | sed 's/^/ho''me: /'
                      ls -d /proc/[0-9]* | wc -l | sed 's/^/processes: /'
                    EOT
                  }
                }
                """
            let job = try await shop.run(.deploy, main, inputs: RunInputs(environment: ["WANTED": "yes-please"]))
            let log = try await shop.log(job)
            #expect(!log.contains("b41t-content") && !log.contains("home: "))
            let names = Set(
                log.split(separator: "\n").compactMap { line -> String? in
                    line.firstRange(of: "env: ").map { String(line[$0.upperBound...].prefix { $0 != "=" }) }
                }
            )
            #expect(names.contains("WANTED") && log.contains("WANTED=<redacted>"))
            let mine = Set(ProcessInfo.processInfo.environment.keys).subtracting(["PATH", "HOME", "PWD", "SHLVL", "_", "OLDPWD", "TMPDIR"])
            let ours: Set = ["TF_CLI_CONFIG_FILE", "GOGC", "CHECKPOINT_DISABLE", "TF_IN_AUTOMATION", "TF_INPUT"]
            #expect(names.intersection(mine).subtracting(ours) == [])
            let count = log.split(separator: "\n").compactMap { line -> Int? in
                line.firstRange(of: "processes: ").flatMap { Int(line[$0.upperBound...]) }
            }
            #expect(count.allSatisfy { $0 < 25 } && !count.isEmpty, "\(log)")
        }
    }

    @Test func `credentials are kept sealed, listed without values, used and forgotten`() async throws {
        try await Workshop.with { shop in
            let (secret, author) = ("hcloud-91827364-token", Author("anna@laptop"))
            let values = ["HCLOUD_TOKEN": secret, "HCLOUD_ENDPOINT": "https://cloud.example"]
            try await shop.credentials.add(
                name: "prod",
                provider: "hetzner",
                values: values,
                organization: "default",
                by: author,
                now: Date()
            )
            let listed = try await shop.credentials.list(organization: "default")
            #expect(listed.map(\.name) == ["prod"] && listed.first?.variables == ["HCLOUD_ENDPOINT", "HCLOUD_TOKEN"])
            #expect(!"\(listed)".contains(secret))
            #expect(try await shop.credentials.list(organization: "other").isEmpty)
            #expect(try shop.filesHolding(secret) == [])

            let main = """
                resource "terraform_data" "user" {
                  provisioner "local-exec" { command = "echo at $HCLOUD_ENDPOINT with $HCLOUD_TOKEN of $${#HCLOUD_TOKEN}" }
                }
                """
            let job = try await shop.submit(
                .deploy,
                main,
                inputs: RunInputs(environment: ["HCLOUD_TOKEN": "loses"]),
                credentials: ["prod"]
            )
            try await shop.wait(for: job, toBe: .completed)
            let text = try await everything(shop, job)
            #expect(text.contains("at https://cloud.example with <redacted> of \(secret.utf8.count)"), "\(text)")
            #expect(!text.contains(secret))

            let missing = await #expect(throws: ProvisioningError.self) { try await shop.submit(.deploy, main, credentials: ["nope"]) }
            #expect(missing?.reason == .notFound)
            let foreign = await #expect(throws: ProvisioningError.self) {
                try await shop.submit(.deploy, main, organization: "other", credentials: ["prod"])
            }
            #expect(foreign?.reason == .notFound)
            for values in [[:], ["": "x"], ["A=B": "x"], ["1A": "x"]] as [[String: String]] {
                await #expect(throws: ProvisioningError.self, "\(values)") {
                    try await shop.credentials.add(
                        name: "bad",
                        provider: "other",
                        values: values,
                        organization: "default",
                        by: author,
                        now: Date()
                    )
                }
            }

            try await shop.credentials.add(
                name: "prod",
                provider: "hetzner",
                values: ["HCLOUD_TOKEN": "new-token"],
                organization: "default",
                by: author,
                now: Date()
            )
            #expect(try await shop.credentials.list(organization: "default").map(\.variables) == [["HCLOUD_TOKEN"]])
            #expect(try await shop.credentials.remove(name: "prod", organization: "default", by: author, now: Date()))
            #expect(try await !shop.credentials.remove(name: "prod", organization: "default", by: author, now: Date()))
            let lines = try await shop.database.read { try AuditLog().entries(AuditFilter(actionPrefix: "credential."), in: $0) }
            #expect(lines.map(\.action) == ["credential.removed", "credential.kept", "credential.kept"])
            #expect(lines.allSatisfy { !$0.details.contains(secret) && $0.subject == "credential:prod" && $0.organization != nil })
            #expect(try await shop.credentials.list(organization: "default").isEmpty)
        }
    }
}
