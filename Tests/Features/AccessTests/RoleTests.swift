import Domain
import FoundationEssentials
import Testing

@testable import Access

@Suite struct `Roles and permissions` {
    private static let here = OrganizationID(rawValue: 1)
    private static let elsewhere = OrganizationID(rawValue: 2)

    /// The table of docs/access.md.
    private static let table: [Permission: Set<Role>] = [
        .read: [.viewer, .member, .admin, .owner],
        .deploy: [.member, .admin, .owner],
        .state: [.member, .admin, .owner],
        .approve: [.admin, .owner],
        .stateWrite: [.admin, .owner],
        .forceUnlock: [.admin, .owner],
        .credentials: [.admin, .owner],
        .tokens: [.admin, .owner],
        .audit: [.admin, .owner],
        .members: [.owner],
        .organization: [.owner],
        .administer: [],
    ]

    @Test(arguments: Role.allCases, Permission.allCases)
    func `a role has what the table says, in its organization only`(role: Role, permission: Permission) throws {
        let allowed = try #require(Self.table[permission]).contains(role)
        let principal = Principal(actor: "user:bob", organizations: [Self.here: role])
        #expect(principal.allows(permission, in: Self.here) == allowed)
        #expect(!principal.allows(permission, in: Self.elsewhere))
        #expect(principal.role(in: Self.elsewhere) == nil)
        #expect(!principal.isAdministrator && !principal.allowsAdministration)
        // One that is narrowed to this permission has no other, and gains none.
        let narrowed = Principal(actor: "token:t", organizations: [Self.here: role], limit: [permission])
        #expect(narrowed.permissions(in: Self.here) == (allowed ? [permission] : []))
        // And one that lacks it lacks only it.
        let rest = Permissions(Permission.allCases.filter { $0 != permission })
        let without = Principal(actor: "token:t", organizations: [Self.here: role], limit: rest)
        #expect(!without.allows(permission, in: Self.here))
    }

    @Test(arguments: Permission.allCases)
    func `an administrator may everything, everywhere, unless narrowed`(permission: Permission) {
        let local = Principal.local("anna@laptop")
        #expect(local.allows(permission, in: Self.here) && local.allows(permission, in: Self.elsewhere))
        #expect(local.isAdministrator && local.allowsAdministration)
        let narrowed = Principal(actor: "token:t", roleElsewhere: .owner, limit: [permission])
        #expect(narrowed.permissions(in: Self.here) == [permission])
        #expect(narrowed.isAdministrator == (permission == .administer))
        let admin = Principal(actor: "token:t", roleElsewhere: .admin)
        #expect(!admin.isAdministrator)
        #expect(admin.permissions(in: Self.here) == Role.admin.permissions)
    }

    @Test func `the table of the documentation is the same`() throws {
        let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
        let document = try String(contentsOfFile: "\(root)/docs/access.md", encoding: .utf8)
        var documented: [Permission: Set<Role>] = [:]
        for line in document.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().map {
                $0.filter { $0 != " " && $0 != "`" }
            }
            guard let permission = Permission(rawValue: cells[0]), cells.count >= 6 else { continue }
            documented[permission] = Set(zip(cells[2...], Role.allCases).filter { $0.0 == "yes" }.map(\.1))
        }
        #expect(documented == Self.table)
    }

    @Test func `each role has all of those before it`() {
        for (lower, higher) in zip(Role.allCases, Role.allCases.dropFirst()) {
            #expect(lower < higher)
            #expect(lower.permissions.isSubset(of: higher.permissions) && lower.permissions != higher.permissions)
        }
        #expect(Permissions.allInOrganization.union([.administer]) == .all)
        #expect(Permissions.all.list == Permission.allCases)
        #expect(!Permissions.allInOrganization.contains(.administer))
    }

    @Test(arguments: Role.allCases, Role.allCases)
    func `nobody gives a place or a token above their own`(own: Role, wanted: Role) {
        let principal = Principal(actor: "user:bob", user: UserID(rawValue: 1), organizations: [Self.here: own])
        #expect(principal.mayGive(wanted, in: Self.here) == (own == .owner))
        #expect(!principal.mayGive(wanted, in: Self.elsewhere))
        let token = NewToken(name: "t", owner: .organization(Self.here, wanted))
        #expect(principal.mayMake(token) == (own >= .admin && wanted <= own))
        #expect(!principal.mayMake(NewToken(name: "t", owner: .organization(Self.elsewhere, wanted))))
        #expect(!principal.mayMake(NewToken(name: "t", owner: .administrator)))
        #expect(Principal.local("anna@laptop").mayMake(NewToken(name: "t", owner: .administrator)))
    }

    @Test func `a token can't make one that may more than itself`() {
        let limit: Permissions = [.tokens, .read]
        let token = Principal(actor: "token:t", token: TokenID(rawValue: 1), organizations: [Self.here: .admin], limit: limit)
        #expect(token.mayMake(NewToken(name: "t", owner: .organization(Self.here, .viewer))))
        #expect(!token.mayMake(NewToken(name: "t", owner: .organization(Self.here, .member))))
        #expect(token.mayMake(NewToken(name: "t", owner: .organization(Self.here, .member), permissions: [.read])))
        #expect(!token.mayMake(NewToken(name: "t", owner: .organization(Self.here, .admin), permissions: [.read, .deploy])))
    }

    @Test func `a person makes own tokens in a session, never with a token, never another's`() {
        let (bob, eve) = (UserID(rawValue: 1), UserID(rawValue: 2))
        let session = Principal(actor: "user:bob", user: bob, organizations: [Self.here: .viewer])
        #expect(session.mayMake(NewToken(name: "t", owner: .user(bob))))
        #expect(!session.mayMake(NewToken(name: "t", owner: .user(eve))))
        let token = Principal(actor: "token:t (bob)", user: bob, token: TokenID(rawValue: 1), organizations: [Self.here: .owner])
        #expect(!token.mayMake(NewToken(name: "t", owner: .user(bob))))
        // A machine has no person behind it: nobody's is not its own.
        let machine = Principal(actor: "token:t", token: TokenID(rawValue: 1), organizations: [Self.here: .owner])
        #expect(!machine.mayMake(NewToken(name: "t", owner: .user(bob))))
    }

    @Test func `the only organization is meant when none is named`() {
        #expect(Principal(actor: "a", organizations: [Self.here: .viewer]).onlyOrganization == Self.here)
        #expect(Principal(actor: "a", organizations: [Self.here: .viewer, Self.elsewhere: .owner]).onlyOrganization == nil)
        #expect(Principal(actor: "a").onlyOrganization == nil)
        #expect(Principal.local("a").onlyOrganization == nil)
    }
}
