import Access
import Domain
import FoundationEssentials
import Jobs
import Storage
import TestKit
import Testing

@Suite struct `Organizations and people` {
    @Test(arguments: TestDatabase.allCases)
    func `an organization is made, listed, renamed and removed, and all of it kept`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let store = fixture.store
            let (acme, other) = (try await fixture.organization(), try await fixture.organization("other"))
            #expect(try await store.organizations().map(\.name) == ["acme", "other"])
            #expect(try await store.organizations(after: acme, limit: 1).map(\.name) == ["other"])
            #expect(try await store.organizations(only: [other]).map(\.id) == [other])
            #expect(try await store.organizations(only: []).isEmpty)
            #expect(try await reason { try await store.createOrganization(named: "acme", by: fixture.author) } == .conflict)
            #expect(try await reason { try await store.createOrganization(named: "a b", by: fixture.author) } == .invalid)
            #expect(try await reason { try await store.renameOrganization(acme, to: "other", by: fixture.author) } == .conflict)
            #expect(try await store.renameOrganization(acme, to: "corp", by: fixture.author).name == "corp")
            #expect(try await store.organization(named: "acme") == nil)
            #expect(try await store.organization(named: "corp")?.id == acme)
            let strange = "acme\u{0}"
            #expect(try await store.organization(named: strange) == nil)
            #expect(try await store.user(named: strange) == nil)
            // Its first name is what its secrets are sealed to: nobody else gets it, but it may have it back.
            #expect(try await reason { try await store.createOrganization(named: "acme", by: fixture.author) } == .conflict)
            #expect(try await store.renameOrganization(acme, to: "acme", by: fixture.author).name == "acme")
            try await store.deleteOrganization(acme, by: fixture.author)
            #expect(try await store.organization(acme) == nil)
            #expect(try await reason { try await store.deleteOrganization(acme, by: fixture.author) } == .notFound)
            #expect(try await store.createOrganization(named: "acme", by: fixture.author).id != acme)
            let actions = try await fixture.audited("organization.").map { $0.split(separator: " ")[0] }
            #expect(
                actions == [
                    "organization.created", "organization.created", "organization.renamed", "organization.renamed",
                    "organization.deleted", "organization.created",
                ]
            )
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `one in which something is left isn't removed`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let acme = try await fixture.organization()
            let bob = try await fixture.user()
            try await fixture.store.grant(.owner, to: bob.id, in: acme, by: fixture.author)
            let token = NewToken(name: "ci", owner: .organization(acme, .viewer))
            let made = try await fixture.store.createToken(token, by: fixture.author)
            try await fixture.store.setLicence(Licence(maximumConcurrentRuns: 1), of: acme, by: fixture.author)
            try await fixture.database.write { transaction in
                try transaction.execute(
                    """
                    INSERT INTO terraform_deployments
                        (organization_id, project, status, resource_count, state_version, created_at, updated_at)
                    VALUES (\(acme), 'shop', 'completed', 3, 1, 0, 0)
                    """
                )
                let job = NewJob(id: JobID(rawValue: "deploy-1-a"), kind: "deploy", queue: .terraform, organization: acme, payload: "{}")
                _ = try JobStore().enqueue(job, in: transaction)
            }
            func removal() async throws -> AccessError.Reason? {
                try await reason { try await fixture.store.deleteOrganization(acme, by: fixture.author) }
            }
            #expect(try await removal() == .conflict)
            try await fixture.database.write { _ = try JobStore().cancel(JobID(rawValue: "deploy-1-a"), by: "bob", in: $0) }
            #expect(try await removal() == .conflict)
            try await fixture.database.write { try $0.execute("UPDATE terraform_deployments SET resource_count = 0, status = 'failed'") }
            #expect(try await removal() == .conflict)
            try await fixture.database.write { try $0.execute("UPDATE terraform_deployments SET status = 'destroyed'") }
            #expect(try await removal() == nil)
            #expect(try await fixture.store.authenticate(token: made.text) == nil)
            #expect(try await fixture.store.memberships(of: bob.id).isEmpty)
            let left = try await fixture.database.read { transaction in
                try transaction.first(
                    """
                    SELECT (SELECT COUNT(*) FROM jobs) + (SELECT COUNT(*) FROM job_turns) + (SELECT COUNT(*) FROM licenses)
                        + (SELECT COUNT(*) FROM organization_usage) + (SELECT COUNT(*) FROM terraform_deployments) AS count
                    """
                )?.value("count", as: Int.self)
            }
            #expect(left == 0)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `people are added once, in small letters, and have places`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let store = fixture.store
            let (acme, other) = (try await fixture.organization(), try await fixture.organization("other"))
            let (bob, eve) = (try await fixture.user("Bob"), try await fixture.user("eve", password: nil))
            #expect(bob.name == "bob" && bob.hasPassword && !eve.hasPassword)
            #expect(try await reason { _ = try await fixture.user("BOB") } == .conflict)
            #expect(try await reason { _ = try await fixture.user("a/b") } == .invalid)
            #expect(try await reason { _ = try await fixture.user("short", password: "12345678901") } == .invalid)
            #expect(try await store.users().map(\.name) == ["bob", "eve"])
            #expect(try await store.users(after: bob.id).map(\.name) == ["eve"])
            #expect(try await store.user(named: "BOB")?.id == bob.id)
            try await store.grant(.viewer, to: bob.id, in: acme, by: fixture.author)
            try await store.grant(.owner, to: bob.id, in: acme, by: fixture.author)
            try await store.grant(.member, to: bob.id, in: other, by: fixture.author)
            try await store.grant(.viewer, to: eve.id, in: acme, by: fixture.author)
            #expect(try await store.memberships(of: bob.id).map { "\($0.organizationName) \($0.role)" } == ["acme owner", "other member"])
            #expect(try await store.members(of: acme).map { "\($0.userName) \($0.role)" } == ["bob owner", "eve viewer"])
            #expect(try await store.members(of: acme, after: bob.id).map(\.userName) == ["eve"])
            #expect(try await store.revoke(bob.id, in: acme, by: fixture.author))
            #expect(try await !store.revoke(bob.id, in: acme, by: fixture.author))
            let nowhere = OrganizationID(rawValue: 99)
            #expect(try await reason { try await store.grant(.viewer, to: bob.id, in: nowhere, by: fixture.author) } == .notFound)
            #expect(try await reason { try await store.revoke(UserID(rawValue: 99), in: acme, by: fixture.author) } == .notFound)
            let expected = ["granted bob", "granted bob", "granted bob", "granted eve", "revoked bob"]
            #expect(try await fixture.audited("member.") == expected.map { "member." + $0.replacing(" ", with: " user:") + " ok" })
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a licence limits runs, in the queue and at the door`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let (store, database) = (fixture.store, fixture.database)
            let (acme, other) = (try await fixture.organization(), try await fixture.organization("other"))
            #expect(try await store.licence(of: acme) == nil)
            let licence = Licence(maximumServers: 5, maximumConcurrentRuns: 2, features: [Licence.autoProvisioning: true])
            try await store.setLicence(licence, of: acme, by: fixture.author)
            #expect(try await store.licence(of: acme) == licence)
            #expect(licence.has(Licence.autoProvisioning) && !licence.has(Licence.autoApproveProvisioning))
            // Many at once: each asks in the transaction that adds its own.
            let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<10 {
                    for organization in [acme, other] {
                        group.addTask {
                            let id = JobID(rawValue: "deploy-\(number)-\(organization)")
                            let job = NewJob(id: id, kind: "deploy", queue: .terraform, organization: organization, payload: "{}")
                            do {
                                try await database.write { transaction in
                                    try AccessStore.requireRoomForRun(of: organization, in: transaction)
                                    _ = try JobStore().enqueue(job, in: transaction)
                                }
                                return organization == acme
                            } catch let error as AccessError where error.reason == .limitReached {
                                return false
                            }
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(accepted == 2)
            let counts = try await database.read { transaction in
                try transaction.rows("SELECT COUNT(*) AS count FROM jobs GROUP BY organization_id ORDER BY organization_id")
                    .map { try $0.value("count", as: Int.self) }
            }
            #expect(counts == [2, 10])
            let turn = try await database.read { transaction in
                try transaction.first("SELECT maximum_running FROM job_turns WHERE turn_of = \(acme)")?.value(
                    "maximum_running",
                    as: Int.self
                )
            }
            #expect(turn == 2)
            try await store.setLicence(nil, of: acme, by: fixture.author)
            #expect(try await store.licence(of: acme) == nil)
            #expect(try await !database.write { try AccessStore.isConcurrencyReached(by: acme, in: $0) })
            let bad = Licence(maximumConcurrentRuns: 0)
            #expect(try await reason { try await store.setLicence(bad, of: acme, by: fixture.author) } == .invalid)
            #expect(try await fixture.audited("licence.").count == 2)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a denial is kept with who and from where`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let acme = try await fixture.organization()
            let author = Principal.local("anna@laptop").author(from: "192.0.2.9")
            try await fixture.store.record("deployment.destroy", of: "deployment:7", by: author, organization: acme)
            #expect(try await fixture.audited("deployment.") == ["deployment.destroy deployment:7 denied"])
        }
    }
}
