import FoundationEssentials
import Host
import TestKit
import Testing

/// The real AWS provider against a simulated AWS.
@Suite(.requires(.terraform), .requires(.moto), .requiresProviderMirror) struct AWSShopTests {
    static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

    /// An installation whose provider comes from the mirror, and whose cloud is moto.
    static func with(_ body: (Slipway, Moto) async throws -> Void) async throws {
        let moto = try await Moto.shared()
        let mirror = try #require(await ProviderMirror.find())
        // A share of the machine: tests run beside each other.
        let environment = moto.environment.merging(["SLIPWAY_PROVIDER_MIRROR": mirror]) { _, given in given }
        try await Slipway.with(environment: environment) { try await body($0, moto) }
    }

    @Test func `the shop deploys, changes, fails on purpose, is cancelled in the middle, and is destroyed`() async throws {
        try await Self.with { slipway, _ in
            let name = "shop-\(UInt32.random(in: 0...UInt32.max))"
            let shop = "\(Self.root)/Examples/aws-shop"
            func deploy(_ more: String...) async throws -> Slipway.Answer {
                try await slipway.run(
                    ["deploy", shop, "--project", "shop", "--auto-approve", "--var", "name=\(name)", "--var", "simulated=true"] + more,
                    timeout: .seconds(240)
                )
            }
            let first = try await deploy()
            #expect(first.code == 0, "\(first)")
            let made = try await slipway.json("state", "pull", "--project", "shop").stateResources
            #expect(
                made.keys.contains("aws_instance.web") && made.keys.contains("module.assets.aws_s3_bucket.this[0]") || made.count >= 4,
                "\(made)"
            )
            #expect(made["aws_instance.web"]?.hasPrefix("i-") == true)
            #expect(try await slipway.json("outputs", "--project", "shop")["buckets"]?["value"]?.list.count == 2)
            #expect(try await slipway.json("deployments")[0]?["resources"]?.number == Double(made.count))

            // Change: a bucket more; what is there stays.
            let changed = try await deploy("--var", "bucket_count=3")
            #expect(changed.code == 0 && !changed.output.contains("aws_instance.web: creat"), "\(changed)")
            let more = try await slipway.json("state", "pull", "--project", "shop").stateResources
            #expect(more.count > made.count && more["aws_instance.web"] == made["aws_instance.web"])

            // Fails on purpose: the configuration's own words, nothing lost.
            let failed = try await deploy("--var", "name=NOT VALID")
            #expect(
                failed.code == 1 && failed.output.contains("lower-case letters") && failed.output.contains("variables.tf:"),
                "\(failed)"
            )
            #expect(try await slipway.json("state", "pull", "--project", "shop").stateResources == more)

            // Cancelled in the middle of replacing the instance, which takes ten seconds.
            let cancelled = try slipway.start(
                "deploy",
                shop,
                "--project",
                "shop",
                "--auto-approve",
                "--var",
                "name=\(name)",
                "--var",
                "simulated=true",
                "--var",
                "bucket_count=4",
                "--var",
                "image=ami-0b301ce3ce3475b4f"
            )
            try await cancelled.line("the new bucket and the instance at work") { line in
                line.hasPrefix("aws_instance.web: ")
                    && (line.contains("creating") || line.contains("destroying") || line.contains("replacing"))
            }
            cancelled.child.signal(2)
            #expect(try await cancelled.end(within: .seconds(120)) == 3)
            let reported = Self.completed(cancelled.lines)
            let kept = try await slipway.json("state", "pull", "--project", "shop").stateResources
            for (address, id) in reported.created { #expect(kept[address] == id, "\(address)") }

            let destroyed = try await slipway.run("destroy", "--project", "shop", "--auto-approve", timeout: .seconds(240))
            #expect(destroyed.code == 0, "\(destroyed)")
            #expect(try await slipway.run("state", "list", "--project", "shop").lines == [])
        }
    }

    @Test func `a deploy that fails in the cloud is rolled back`() async throws {
        let main =
            Moto.provider + """

                resource "aws_s3_bucket" "fine" { bucket = "\("rollback-\(UInt32.random(in: 0...UInt32.max))")" }
                resource "aws_ssm_parameter" "broken" {
                  name  = "aws/${aws_s3_bucket.fine.id}"
                  type  = "String"
                  value = "x"
                }
                """
        try await Self.with { slipway, _ in
            let source = try slipway.write(main, to: "source/main.tf")
            let answer = try await slipway.run(
                "deploy",
                source,
                "--project",
                "shop",
                "--auto-approve",
                "--rollback",
                timeout: .seconds(240)
            )
            #expect(
                answer.code == 1 && answer.output.contains("aws_ssm_parameter.broken") && answer.output.contains("destroyed again"),
                "\(answer)"
            )
            #expect(try await slipway.json("deployments")[0]?["status"]?.text == "rolled_back")
            #expect(try await slipway.run("state", "list", "--project", "shop").lines == [])
        }
    }

    /// What the lines of a command say is done, by address: the ids of what was made.
    static func completed(_ lines: [String]) -> (created: [String: String], destroyed: Set<String>) {
        var created: [String: String] = [:]
        var destroyed: Set<String> = []
        for line in lines {
            guard let colon = line.firstRange(of: ": ") else { continue }
            let address = String(line[..<colon.lowerBound])
            let said = line[colon.upperBound...]
            if said.hasPrefix("created"), let id = said.firstRange(of: "(id ") {
                created[address] = String(said[id.upperBound...].prefix { $0 != ")" })
                destroyed.remove(address)
            } else if said.hasPrefix("destroyed") {
                created[address] = nil
                destroyed.insert(address)
            }
        }
        return (created, destroyed)
    }
}
