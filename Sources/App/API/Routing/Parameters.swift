import Terraform
import WebServer

/// What a request says besides its path: the query and the members of the body's object, read once for every route and every form of body.
///
/// A name that the route doesn't describe is refused wherever it stands. A name that both places describe may stand in either of them, and in
/// both with the same value only.
struct Parameters: Sendable {
    /// The query by name, each value as it was sent.
    private let query: [String: String]
    /// What the body's object may have.
    private let fields: [Schema.Property]
    /// The members of the body's object, with those that stand in the query alone; nil when the body is something else than an object.
    let members: [JSONValue.Member]?

    /// Reads the query and the body.
    ///
    /// - Parameters:
    ///   - request: Whose query it is.
    ///   - route: What may be said.
    ///   - content: The body.
    /// - Throws: ``Problem`` naming the parameter that is unknown, empty, given twice, or different in query and body.
    init(_ request: Request, _ route: Route, _ content: RequestContent) throws {
        let query = try Self.query(of: request, route.query.map(\.name))
        let fields = route.body?.fields(of: content.type) ?? []
        (self.query, self.fields) = (query, fields)
        guard !fields.isEmpty, content.object == nil || content.object?.members != nil else {
            members = content.object?.members
            return
        }
        var members = content.object?.members ?? []
        if let stranger = members.first(where: { member in !fields.contains { $0.name == member.name } }) {
            throw Problem.invalid("'\(stranger.name.brief)' is no field of this request; it takes \(Self.list(fields.map(\.name))).")
        }
        for field in fields {
            guard let text = query[field.name] else { continue }
            let asked = try Self.value(text, field)
            let given = members.first { $0.name == field.name && $0.value != .null }?.value
            if let given {
                guard given.meansTheSame(as: asked) else {
                    throw Problem.invalid("'\(field.name)' differs in the query and in the body; give it in one of them only.")
                }
            } else {
                members.removeAll { $0.name == field.name }
                members.append(JSONValue.Member(name: field.name, value: asked))
            }
        }
        self.members = members
    }

    /// The query's value of that name.
    func query(_ name: String) -> String? { query[name] }

    /// A text that may stand in the query or, where the route describes it there, in the body.
    ///
    /// - Throws: ``Problem`` when it is no text.
    func text(_ name: String) throws -> String? {
        if let text = query[name] { return text }
        guard fields.contains(where: { $0.name == name }), let value = members?.first(where: { $0.name == name })?.value, value != .null
        else { return nil }
        guard let text = value.string else { throw Fields.wrong(name, "a text", value) }
        return text
    }

    // MARK: - Details

    private static func query(of request: Request, _ known: [String]) throws -> [String: String] {
        guard request.target.query != nil else { return [:] }
        var query: [String: String] = [:]
        for item in request.target.queryItems {
            guard known.contains(item.name) else {
                let rest = known.isEmpty ? "it takes none" : "it takes \(list(known))"
                throw Problem.invalid("'\(item.name.brief)' is no parameter of this request's query; \(rest).")
            }
            if item.value.isEmpty {
                // A loop over pages begins so.
                if item.name == "after" { continue }
                // A script's variable that isn't set must not mean everything, or another organization.
                throw Problem.invalid("'\(item.name)' is empty; give it a value, or leave it out.")
            }
            guard item.value.utf8.count <= 1000, !item.value.utf8.contains(0) else {
                throw Problem.invalid("'\(item.name)' is longer than 1000 bytes, or holds the character NUL.")
            }
            guard query.updateValue(item.value, forKey: item.name) ?? item.value == item.value else {
                throw Problem.invalid("'\(item.name)' is given twice in the query; give it once.")
            }
        }
        return query
    }

    /// What the body would say instead.
    private static func value(_ text: String, _ field: Schema.Property) throws -> JSONValue {
        var schema = field.schema
        while case .nullable(let inner) = schema { schema = inner }
        switch schema {
        case .boolean: return .bool(try flag(text, field.name))
        case .number, .decimal:
            guard Double(text)?.isFinite == true else { throw Problem.invalid("'\(field.name)' must be a number, not '\(text.brief)'.") }
            return .number(text)
        case .integer, .whole:
            guard Int(text) != nil else { throw Problem.invalid("'\(field.name)' must be a whole number, not '\(text.brief)'.") }
            return .number(text)
        case .list: return .array(text.split(separator: ",").map { .string(String($0)) })
        default: return .string(text)
        }
    }

    private static func flag(_ text: String, _ name: String) throws -> Bool {
        switch text {
        case "0", "false": false
        case "1", "true": true
        default: throw Problem.invalid("'\(name)' must be true or false, not '\(text.brief)'.")
        }
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

extension JSONValue {
    /// Whether it is the same value, however its numbers are written.
    fileprivate func meansTheSame(as other: JSONValue) -> Bool {
        if let double, let otherDouble = other.double { return double == otherDouble }
        return self == other
    }
}

extension Schema.Property {
    /// As a parameter of the query; nil for what has no plain text, or is a secret that an address must not hold.
    var inQuery: QueryParameter? {
        var schema = schema
        while case .nullable(let inner) = schema { schema = inner }
        switch schema {
        case .string, .name, .choice, .integer, .whole, .number, .decimal, .boolean: return QueryParameter(name, schema, summary)
        case .list(.string): return QueryParameter(name, schema, "\(summary); several with commas between")
        default: return nil
        }
    }
}

extension BodyShape {
    /// The members of the object that a body of that type is, or has in a part; none where it is no object, or may be any.
    func fields(of type: String) -> [Schema.Property] {
        let form = content.first { $0.type == "multipart/form-data" }?.schema.properties
        let part = form?.first { $0.name == RequestContent.objectPart }?.schema.properties
        if type == "multipart/form-data" { return part ?? [] }
        // An archive says nothing itself: what a form's part would say stands in the query.
        return content.first { $0.type == type }?.schema.properties ?? part ?? []
    }
}

extension Schema {
    /// An object's members.
    fileprivate var properties: [Property]? {
        switch self {
        case .object(let properties): properties
        case .named(let named): named.schema.properties
        default: nil
        }
    }
}
