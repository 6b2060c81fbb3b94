import Domain
import Events
import FoundationEssentials
import Host
import Log
import StateVault
import Storage
import TestKit
import Testing

@testable import Provisioning

/// Outputs in whose values a secret stands.
@Suite(.requires(.terraform)) struct SecretOutputTests {
    private static let (password, encoded) = ("hunter2/hunter2", "hunter2%2Fhunter2")

    private static let main = """
        variable "db_password" {}
        variable "words" {
          default = "none"
        }
        output "url" {
          value = "postgres://u:${var.db_password}@h/d"
        }
        output "encoded" {
          value = "postgres://u:${urlencode(var.db_password)}@h/d"
        }
        output "wrapped" {
          value = base64encode(var.db_password)
        }
        output "list" {
          value = ["plain", "x-${var.db_password}"]
        }
        output "nested" {
          value = { a = { b = [{ c = var.db_password }] } }
        }
        output "key" {
          value = { (var.db_password) = 1 }
        }
        output "json" {
          value = jsonencode({ p = var.db_password })
        }
        output "plain" {
          value = "postgres://h/d"
        }
        output "shown" {
          value = "user:${nonsensitive(var.db_password)}"
        }
        output "through" {
          value = local.shown
        }
        locals {
          shown = nonsensitive("${var.db_password}!")
        }
        """

    @Test(arguments: TestDatabase.allCases) func `they are hidden and sealed like sensitive ones`(kind: TestDatabase) async throws {
        try await Workshop.with(kind) { shop in
            let inputs = RunInputs(variables: ["db_password": Self.password])
            for _ in 0..<2 {
                let job = try await shop.run(.deploy, Self.main, inputs: inputs)
                let hidden: Set = ["url", "encoded", "wrapped", "list", "nested", "key", "json"]
                for case .outputs(let outputs) in try await shop.events(job) {
                    #expect(Set(outputs.filter(\.value.sensitive).keys) == hidden)
                    #expect(outputs.filter { hidden.contains($0.key) }.allSatisfy { $0.value.value == nil })
                    #expect(outputs["key"]?.type.contains("hunter2") == false)
                    // Shown on purpose.
                    #expect(outputs["shown"]?.value == "\"user:\(Self.password)\"")
                    #expect(outputs["through"]?.value == "\"\(Self.password)!\"")
                    #expect(outputs["plain"]?.value == "\"postgres://h/d\"")
                }
                let open = try await shop.outputs.read(project: "shop", organization: "default", revealing: false)
                #expect(Set(open.filter { $0.value.value == nil }.keys) == hidden)
                let all = try await shop.outputs.read(project: "shop", organization: "default", revealing: true)
                #expect(all["url"]?.value == "\"postgres://u:\(Self.password)@h/d\"")
                #expect(all["nested"]?.value?.contains(Self.password) == true)
                #expect(all.count == 10)
            }
        }
    }

    @Test func `nothing of them lies in plain text anywhere`() async throws {
        try await Workshop.with { shop in
            // Without the ones that show it on purpose.
            let main = String(Self.main.prefix(upTo: try #require(Self.main.firstRange(of: "output \"shown\"")).lowerBound))
            try await shop.run(.deploy, main, inputs: RunInputs(variables: ["db_password": Self.password]))
            for text in [Self.password, Self.encoded, "aHVudGVyMi9odW50ZXIy"] { #expect(try shop.filesHolding(text) == [], "\(text)") }
        }
    }

    @Test func `a credential and a short secret are treated as in the log`() async throws {
        let main = """
            variable "token" {}
            variable "TOKEN_2" { default = "none" }
            output "short" { value = "a-${var.token}" }
            output "cloud" { value = var.TOKEN_2 }
            """
        try await Workshop.with { shop in
            let inputs = RunInputs(
                variables: ["token": "eu"],
                environment: ["EXAMPLE_KEY": "cloud-key-8812", "TF_VAR_TOKEN_2": "at cloud-key-8812"]
            )
            let job = try await shop.run(.deploy, main, inputs: inputs)
            for case .outputs(let outputs) in try await shop.events(job) {
                #expect(outputs["short"]?.value == "\"a-eu\"" && outputs["cloud"]?.sensitive == true)
            }
        }
    }

    @Test func `a state that comes back hides what was hidden, and what holds a secret`() async throws {
        try await Workshop.with { shop in
            let main = """
                variable "db_password" {}
                variable "url" { default = "none" }
                output "url" { value = "postgres://u:${var.db_password}@h/d" }
                output "from_environment" { value = var.url }
                output "plain" { value = "open" }
                """
            let inputs = RunInputs(
                variables: ["db_password": Self.password],
                environment: ["SECRET_THING": "gone-after-the-run", "TF_VAR_url": "with gone-after-the-run"]
            )
            try await shop.run(.deploy, main, inputs: inputs)
            let deployment = try await shop.deployment()
            let adoption = StateAdoption(database: shop.database, keyring: shop.keyring, vault: shop.services.vault)
            try await adoption.follow(deployment.id)
            func outputs() async throws -> [String: OutputValue] {
                try await shop.outputs.read(project: "shop", organization: "default", revealing: false)
            }
            #expect(try await outputs().filter(\.value.sensitive).keys.sorted() == ["from_environment", "url"])

            // A Terraform elsewhere writes it: the project's variables are known still.
            let state = try #require(try await shop.services.vault.load(deployment.id))
            let backend = BackendStates(database: shop.database, keyring: shop.keyring, vault: shop.services.vault)
            let next = String(decoding: state.bytes, as: UTF8.self).replacing("\"serial\": \(state.version.serial)", with: "\"serial\": 99")
            _ = try await backend.save(Array(next.utf8), for: deployment, lock: nil, author: "test")
            #expect(try await outputs()["url"]?.sensitive == true)
            #expect(try await outputs()["plain"]?.value == "\"open\"")
            let redactor = try await DeploymentSecrets(database: shop.database, keyring: shop.keyring).redactor(of: deployment, state: nil)
            #expect(redactor.redacted("terraform_data.a[\"\(Self.password)\"]") == "terraform_data.a[\"<redacted>\"]")
        }
    }

    @Test func `a state that is set aside is its owner's alone, whatever was there before`() async throws {
        try await Workshop.with(worker: false) { shop in
            let facts = try #require(LeftoverFacts(["job": "deploy-1", "deployment": "1", "fence": "1", "project": "shop"]))
            try FileSystem.makeFolder(shop.services.rescueFolder, mode: 0o755)
            let path = "\(shop.services.rescueFolder)/\(SetAsideState.name(job: facts.job, fence: facts.fence))"
            try FileSystem.write([1], to: path, mode: 0o644)
            try LeftoverRescue(services: shop.services).setAside(Array("{}".utf8), of: facts, because: "a test")
            #expect(FileFacts(of: path)?.mode == 0o600 && FileFacts(of: shop.services.rescueFolder)?.mode == 0o700)
            #expect(try SetAsideState.open(try FileSystem.read(path), at: path, with: shop.keyring) == Array("{}".utf8))
            #expect(try FileSystem.names(in: shop.services.rescueFolder).count == 1)
        }
    }
}
