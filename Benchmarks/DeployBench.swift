import FoundationEssentials
import Host

/// A whole deploy of five S3 buckets with the real provider, against Terraform by hand and against a runner that does one step after the other.
enum DeployBench {
    static func measure(_ rig: Rig, _ report: Report) async throws {
        let terraform = try rig.terraform()
        guard let own = FileManager.default.contents(atPath: "Examples/buckets/main.tf") else {
            throw Rig.Failure(description: "Examples/buckets is missing; run it in the project's folder.")
        }
        let main = String(decoding: own, as: UTF8.self)
        let moto = try await Moto.start(rig)
        let cloud = ["AWS_ENDPOINT_URL": moto.url]
        let data = try rig.folder("deploy-data")
        let source = try rig.folder("deploy-source", with: ["main.tf": main])

        func deploy() async throws -> Double {
            let name = "b-\(Rig.unique())"
            let words = ["--project", name, "--data", data, "--auto-approve", "--var", "prefix=\(name)", "--var", "simulated=true"]
            return try await rig.time(rig.slipway, ["deploy", source] + words, extra: cloud).seconds
        }
        func run(_ steps: [[String]]) async throws -> Double {
            let name = "b-\(Rig.unique())"
            let fresh = try rig.folder(name, with: ["main.tf": main])
            let extra = cloud.merging(["TF_VAR_prefix": name, "TF_VAR_simulated": "true"]) { $1 }
            var total = 0.0
            for step in steps { total += try await rig.time(terraform, step, in: fresh, extra: extra).seconds }
            try FileSystem.removeTree(fresh)
            return total
        }
        let byHand = [["init", "-input=false"], ["apply", "-auto-approve", "-input=false"]]
        let stepByStep = [byHand[0], ["plan", "-input=false"], byHand[1], ["output", "-json"], ["state", "pull"]]

        do {
            // The first brings the provider into the store, once for all that follow.
            _ = try await deploy()
            var (ours, hands, steps): ([Double], [Double], [Double]) = ([], [], [])
            for _ in 0..<rig.runs {
                ours.append(try await deploy())
                hands.append(try await run(byHand))
                steps.append(try await run(stepByStep))
            }
            report.row("5 S3 buckets: slipway deploy", Samples(ours), unit: "s", places: 2)
            report.row("5 S3 buckets: terraform init + apply", Samples(hands), unit: "s", places: 2)
            report.row("5 S3 buckets: init, plan, apply, output, state pull", Samples(steps), unit: "s", places: 2)
            report.row("deploy against init + apply", .pairwise(ours, hands, /), unit: "", places: 2, aim: .atMost(0.75))
            report.row("deploy against the step-by-step runner", .pairwise(ours, steps, /), unit: "", places: 2, aim: .atMost(0.40))
        } catch {
            await moto.stop()
            throw error
        }
        await moto.stop()
    }
}
