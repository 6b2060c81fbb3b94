import FoundationEssentials
import Host
import TestKit
import Testing

/// `slipway state …`, as a person uses it.
@Suite(.requires(.terraform)) struct StateCommandTests {
    private static let small = """
        resource "terraform_data" "one" { input = "hello" }
        resource "terraform_data" "two" { input = terraform_data.one.output }
        output "word" { value = terraform_data.two.output }
        """

    @Test func `a stack of plain Terraform moves in, and its state goes back and comes back`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.small, to: "source/main.tf")
            #expect(try await slipway.run("deploy", source, "--project", "old", "--auto-approve").code == 0)
            let file = try slipway.write("", to: "moved/old.tfstate") + "-exported"
            #expect(try await slipway.run("state", "export", "--project", "old", "--output", file).code == 0)

            let broken = try slipway.write("{", to: "moved/broken.tfstate")
            #expect(try await slipway.run("state", "import", broken, "--project", "shop", "--yes").code == 1)
            #expect(try await slipway.json("deployments").list.count == 1)
            let imported = try await slipway.json("state", "import", file, "--project", "shop", "--yes")
            #expect(imported["version"]?.number == 1 && imported["backupStatus"]?.text == "stored", "\(imported)")
            #expect(try await slipway.json("deployments")[1]?["status"]?.text == "completed")
            #expect(try await slipway.json("deployments")[1]?["resources"]?.number == 2)
            let same = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve")
            #expect(same.code == 0 && same.output.contains("No changes"), "\(same)")

            #expect(try await slipway.run("destroy", "--project", "shop", "--auto-approve").code == 0)
            let back = try await slipway.run("state", "rollback", "--project", "shop", "--to", "1", "--yes")
            #expect(back.code == 0 && back.output.contains("Back to version 1, as version 3"), "\(back)")
            #expect(try await slipway.run("state", "list", "--project", "shop").lines.count == 2)
            #expect(try await slipway.json("deployments")[1]?["resources"]?.number == 2)
            for words in [
                ["rollback", "--to", "9", "--yes"], ["diff", "--from", "9"], ["pin", "--version", "9"], ["backup", "--version", "9"],
            ] {
                let answer = try await slipway.run(["state"] + words + ["--project", "shop"])
                #expect(answer.code == 1 && answer.errors.contains("no version 9"), "\(answer)")
            }
        }
    }

    @Test func `history is kept as the organization wants it`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.small, to: "source/main.tf")
            #expect(try await slipway.run("deploy", source, "--project", "shop", "--auto-approve").code == 0)
            #expect(try await slipway.json("state", "retention")["isOwn"]?.bool == false)
            #expect(try await slipway.run("state", "retention", "--keep", "5").code == 0)
            let own = try await slipway.json("state", "retention")
            #expect(own["versions"]?.number == 5 && own["days"]?.number == 90 && own["isOwn"]?.bool == true, "\(own)")
            #expect(try await slipway.run("state", "retention", "--reset").code == 0)
            #expect(try await slipway.json("state", "retention")["versions"]?.number == 30)
            #expect(try await slipway.run("state", "prune", "--all", "--days", "99999999999").code == 2)
        }
    }
}
