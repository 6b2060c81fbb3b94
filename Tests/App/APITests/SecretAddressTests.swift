import Access
import Audit
import Domain
import FoundationEssentials
import Provisioning
import TestKit
import Testing

@testable import API

@Suite struct SecretAddressTests {
    private static let secret = "cloud-token-5512"

    private static func state(_ key: String, serial: Int) -> String {
        """
        {"version":4,"terraform_version":"1.11.4","serial":\(serial),"lineage":"6e5d2c4e-0000-4000-8000-000000000000",\
        "outputs":{"url":{"value":"x://\(key)@h","type":"string"},"open":{"value":"plain","type":"string"}},\
        "resources":[{"mode":"managed","type":"terraform_data","name":"a","provider":"provider[\\"terraform.io/builtin/terraform\\"]",\
        "instances":[{"index_key":"\(key)","schema_version":0,"attributes":{"id":"i"}}]}],"check_results":null}
        """
    }

    @Test func `a secret in an address or an output of an imported state is for those who may read states`() async throws {
        try await APIScene.with { scene in
            try await scene.services.credentials.add(
                name: "cloud",
                provider: "hetzner",
                values: ["HCLOUD_TOKEN": Self.secret],
                organization: "default",
                by: APIScene.author,
                now: Date()
            )
            let path = "/api/deployments/shop/state"
            let imported = try await scene.ask("POST", "\(path)/import", token: scene.administrator, Self.state(Self.secret, serial: 9))
            #expect(imported.status == 200, "\(imported)")
            for path in ["\(path)/resources", "\(path)/diff", "/api/deploy/outputs/shop", "/api/deployments/shop/outputs"] {
                let seen = try await scene.ask("GET", path, token: scene.tokens[.viewer])
                #expect(seen.status == 200 && !seen.body.contains(Self.secret), "\(path): \(seen)")
            }
            let masked = try await scene.ask("GET", "\(path)/resources", token: scene.tokens[.viewer])
            #expect(masked.json?["items"]?[0]?.text == "terraform_data.a[\"<redacted>\"]")
            let whole = try await scene.ask("GET", "\(path)/resources", token: scene.tokens[.member])
            #expect(whole.json?["items"]?[0]?.text == "terraform_data.a[\"\(Self.secret)\"]")
            let outputs = try await scene.ask("GET", "/api/deploy/outputs/shop", token: scene.tokens[.viewer])
            #expect(outputs.json?["outputs"]?["url"] == .null && outputs.json?["outputs"]?["open"]?.text == "plain")
            let all = try await scene.ask("GET", "/api/deploy/outputs/shop?sensitive=true", token: scene.tokens[.member])
            #expect(all.json?["outputs"]?["url"]?.text == "x://\(Self.secret)@h")
            // A Terraform elsewhere gets the true state.
            let backend = try await scene.ask("GET", "/api/state/shop", token: scene.tokens[.member])
            #expect(backend.body.contains(Self.secret))
        }
    }
}
