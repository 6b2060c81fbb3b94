import Access
import Audit
import Domain
import FoundationEssentials
import Provisioning
import Sealing
import Terraform
import WebServer

/// One request whose sender is known and whose body is there.
struct Call: Sendable {
    let request: Request
    /// Of the path, by name.
    let parameters: [String: String]
    /// Of query and body.
    let given: Parameters
    let caller: Principal?
    let services: APIServices
    let content: RequestContent
    /// When the request came.
    let now: Date
    /// ``Database/changes`` from before anything was read for it, and when that was.
    let changes: UInt64
    let began: ContinuousClock.Instant

    /// Whoever calls.
    ///
    /// - Throws: ``Problem`` where the route needs nobody and nobody is there.
    var principal: Principal {
        get throws {
            guard let caller else { throw Authenticator.unauthorized("Give a token: Authorization: Bearer slp_….", request) }
            return caller
        }
    }

    /// For the record.
    var author: Author { get throws { try principal.author(from: request.client.address) } }

    /// A parameter of the path; routes name those that they have.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    // MARK: - Body and query

    var body: [UInt8] { content.bytes }

    /// The members of the body's JSON object, with those that stand in the query in their place.
    func fields() throws -> Fields {
        guard let members = given.members else { throw Problem.invalid("The body must be a JSON object.") }
        return try Fields(.object(members))
    }

    /// The query's value of that name; nil when it is absent.
    func query(_ name: String) -> String? { given.query(name) }

    func query(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = query(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem.invalid("'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text.brief)'.")
        }
        return number
    }

    func queryFlag(_ name: String) throws -> Bool {
        switch query(name) {
        case nil, "0", "false": false
        case "1", "true": true
        case let text?: throw Problem.invalid("'\(name)' must be true or false, not '\(text.brief)'.")
        }
    }

    /// One of the cases of an enum.
    func query<Choice: RawRepresentable & CaseIterable>(_ name: String, as type: Choice.Type) throws -> Choice?
    where Choice.RawValue == String {
        guard let text = query(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.invalid("'\(name)' must be one of \(words), not '\(text.brief)'.")
        }
        return choice
    }

    /// Some of the cases of an enum, with commas between.
    func queryList<Choice: RawRepresentable & CaseIterable>(_ name: String, as type: Choice.Type) throws -> [Choice]
    where Choice.RawValue == String {
        guard let text = query(name) else { return [] }
        return try text.split(separator: ",").map { word in
            guard let choice = Choice(rawValue: String(word)) else {
                let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("'\(name)' must be of \(words), with commas between, not '\(text.brief)'.")
            }
            return choice
        }
    }

    /// How many of a list are wanted.
    func limit() throws -> Int { try query("limit", in: 1...1000) ?? 50 }

    /// Where a page begins, for lists in the order of a number.
    func after() throws -> Int64? {
        guard let text = query("after") else { return nil }
        guard let number = Int64(text) else { throw Problem.invalid("'after' must be 'next' of the page before, not '\(text.brief)'.") }
        return number
    }

    // MARK: - Organizations

    /// The organization that the query or the body names.
    var namedOrganization: String? {
        get throws { try given.text("organization") }
    }

    /// Finds an organization that the caller may see and has a right in.
    ///
    /// - Throws: ``Problem``: 404 when there is none, or none for this caller to see; 403 without the permission.
    func organization(named name: String?, allowing permission: Permission) async throws -> WorkingOrganization {
        let principal = try principal
        let found: Organization?
        if name == nil, let only = principal.onlyOrganization {
            found = try await services.access.organization(only)
        } else {
            let name = name ?? "default"
            found = name.utf8.contains(0) ? nil : try await services.access.organization(named: name)
        }
        guard let found, principal.role(in: found.id) != nil else {
            throw Problem.notFound(
                "There is no organization '\((name ?? "default").brief)' that you can see; name yours with 'organization', as `slipway org list` shows it."
            )
        }
        try check(permission, in: found.id)
        return WorkingOrganization(id: found.id, name: found.name)
    }

    /// As ``organization(named:allowing:)`` for the one that the request is about; nil when it asks for all of them, and may.
    func organizationUnlessEverywhere(allowing permission: Permission) async throws -> WorkingOrganization? {
        if try queryFlag("everywhere"), try principal.allowsAdministration { return nil }
        return try await organization(named: try namedOrganization, allowing: permission)
    }

    /// - Throws: ``Problem``: 403 without the permission.
    func check(_ permission: Permission, in organization: OrganizationID) throws {
        guard try principal.allows(permission, in: organization) else {
            throw Problem.forbidden("This needs the permission '\(permission.rawValue)' in the organization, which you don't have there.")
        }
    }

    // MARK: - Idempotency

    /// The request's `Idempotency-Key`, with what it stands for; nil when it has none.
    func idempotency(in organization: OrganizationID) throws -> IdempotencyStore.Request? {
        guard let key = request.headers["Idempotency-Key"] else { return nil }
        guard 1...255 ~= key.utf8.count else { throw Problem.invalid("The Idempotency-Key must have 1 to 255 characters.") }
        let what = "\(request.method) \(request.path) \(request.target.query ?? "")\n"
        return IdempotencyStore.Request(
            scope: "\(organization)/\(try principal.actor)",
            key: key,
            fingerprint: SHA256.hex(Array(what.utf8) + body)
        )
    }
}
