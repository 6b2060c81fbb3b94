import Access
import Provisioning
import TestKit
import Testing

@testable import API

@Suite struct PagingTests {
    @Test(arguments: TestDatabase.allCases)
    func `projects of one name in several organizations are each on one page`(_ kind: TestDatabase) async throws {
        try await APIScene.with(kind) { scene in
            for organization in [scene.own, scene.foreign] {
                for project in ["shop", "a-b", "web"] {
                    _ = try await scene.services.backend.ensure(project: project, organization: organization.id)
                }
            }
            var seen: [String] = []
            var next: String? = ""
            while let after = next {
                let path = "/api/deployments?everywhere=true&limit=1" + (after.isEmpty ? "" : "&after=\(after)")
                let page = try await scene.ask("GET", path, token: scene.administrator)
                let items = try #require(page.json?["items"]?.list, "\(page)")
                seen += items.map { "\($0["project"]?.text ?? "") of \($0["organization"]?.text ?? "")" }
                next = page.json?["next"]?.text
                try #require(seen.count <= 6, "\(seen)")
            }
            #expect(seen == ["a-b", "shop", "web"].flatMap { project in ["default", "other"].map { "\(project) of \($0)" } })
            // What earlier versions gave out.
            let old = try await scene.ask("GET", "/api/deployments?after=shop", token: scene.administrator)
            #expect(old.json?["items"]?.list.compactMap { $0["project"]?.text } == ["web"], "\(old)")
        }
    }
}
