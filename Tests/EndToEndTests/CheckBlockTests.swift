import TestKit
import Testing

/// Terraform's `check` blocks: what they find is a warning, which people see and which fails nothing.
@Suite(.requires(.terraform)) struct CheckBlockTests {
    @Test func `a plan and a deploy show what a check block finds, and succeed`() async throws {
        try await Slipway.with { slipway in
            let folder = try slipway.write(
                """
                variable "size" { default = 1 }
                resource "terraform_data" "web" { input = "up" }
                check "size" {
                  assert {
                    condition     = var.size == 2
                    error_message = "The size is ${var.size}, not 2."
                  }
                }
                check "health" {
                  assert {
                    condition     = terraform_data.web.output == "healthy"
                    error_message = "The web server is ${terraform_data.web.output}."
                  }
                }
                """,
                to: "checked/main.tf"
            )
            let plan = try await slipway.run("plan", folder, "--project", "checked")
            #expect(plan.code == 0 && plan.output.contains("warning: main.tf:5: Check block assertion failed"), "\(plan)")
            #expect(plan.output.contains("The size is 1, not 2."), "\(plan)")
            let deploy = try await slipway.run("deploy", folder, "--project", "checked", "--auto-approve")
            // Known only once it is there.
            #expect(deploy.code == 0 && deploy.output.contains("The web server is up."), "\(deploy)")
            // Terraform writes what they found in another order each time.
            for _ in 0..<5 {
                let again = try await slipway.run("deploy", folder, "--project", "checked", "--auto-approve", "--json")
                let found = again.lines.compactMap { JSONTree($0) }.filter { $0["type"]?.text == "diagnostic" }
                #expect(again.code == 0 && found.allSatisfy { $0["data"]?["severity"]?.text == "warning" }, "\(again)")
                #expect(
                    Set(found.compactMap { $0["data"]?["detail"]?.text }) == ["The size is 1, not 2.", "The web server is up."],
                    "\(again)"
                )
            }
        }
    }
}
