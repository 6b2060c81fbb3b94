import Host

/// What the product adds to bare Terraform, with a configuration that takes Terraform next to no time.
enum OverheadBench {
    private static let configuration = """
        resource "terraform_data" "one" {
          input = "value"
        }
        output "one" {
          value = terraform_data.one.output
        }
        """

    static func measure(_ rig: Rig, _ report: Report) async throws {
        let terraform = try rig.terraform()
        let data = try rig.folder("overhead-data")
        let source = try rig.folder("overhead-source", with: ["main.tf": configuration])
        let prepared = try rig.folder("overhead-prepared", with: ["main.tf": configuration])
        try await rig.time(terraform, ["init", "-input=false"], in: prepared)
        func deploy() async throws -> Double {
            let words = ["deploy", source, "--project", "p-\(Rig.unique())", "--data", data, "--auto-approve"]
            return try await rig.time(rig.slipway, words).milliseconds
        }
        func applyPrepared() async throws -> Double {
            for file in ["terraform.tfstate", "terraform.tfstate.backup"] { try FileSystem.removeTree("\(prepared)/\(file)") }
            return try await rig.time(terraform, ["apply", "-auto-approve", "-input=false"], in: prepared).milliseconds
        }
        func initAndApply() async throws -> Double {
            let fresh = try rig.folder("overhead-\(Rig.unique())", with: ["main.tf": configuration])
            let first = try await rig.time(terraform, ["init", "-input=false"], in: fresh).milliseconds
            return first + (try await rig.time(terraform, ["apply", "-auto-approve", "-input=false"], in: fresh).milliseconds)
        }
        // The first deploy makes the data folder.
        _ = try await deploy()
        var (deploys, applies, both): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<(rig.runs * 2) {
            deploys.append(try await deploy())
            applies.append(try await applyPrepared())
            both.append(try await initAndApply())
        }
        report.row("one terraform_data: slipway deploy", Samples(deploys), unit: "ms")
        report.row("one terraform_data: terraform apply in a prepared folder", Samples(applies), unit: "ms")
        report.row("one terraform_data: terraform init + apply", Samples(both), unit: "ms")
        report.row("overhead over terraform apply, prepared", .pairwise(deploys, applies, -), unit: "ms", aim: .atMost(100))
        report.row("overhead over terraform init + apply", .pairwise(deploys, both, -), unit: "ms")
    }
}
