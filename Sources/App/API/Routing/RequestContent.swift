import Terraform
import WebServer

/// A request's body, taken apart as its type says.
struct RequestContent: Sendable {
    /// The body as it came.
    let bytes: [UInt8]
    /// Its media type, or the one that the route takes first.
    let type: String
    /// The body as JSON; of a form the part `run`, or the fields; nil when there is none.
    let object: JSONValue?
    /// A form's other parts by name.
    let files: [String: [UInt8]]

    /// The part of a form that says what a JSON body would say.
    static let objectPart = "run"

    /// Takes a body apart.
    ///
    /// - Parameters:
    ///   - bytes: All of it.
    ///   - request: Its headers say of which type it is.
    ///   - shape: What the route takes; nil: nothing.
    /// - Throws: ``Problem`` for a body that is not of its type, and for any where none is taken.
    init(_ bytes: [UInt8], of request: Request, _ shape: BodyShape?) throws {
        self.bytes = bytes
        let sent = Self.mediaType(of: request)
        guard let shape, !bytes.isEmpty else {
            (type, object, files) = (sent ?? shape?.content[0].type ?? "", nil, [:])
            // An empty object is what some clients send for nothing.
            guard bytes.isEmpty || JSONValue(parsing: bytes) == .object([]) else {
                throw Problem.invalid("This request takes no body; send it without one.")
            }
            return
        }
        type = sent ?? shape.content[0].type
        guard !shape.takesAny else {
            (object, files) = (nil, [:])
            return
        }
        switch type {
        case "application/json": (object, files) = (try Self.json(bytes), [:])
        case "application/x-www-form-urlencoded": (object, files) = (try Self.fields(bytes), [:])
        case "multipart/form-data": (object, files) = try Self.form(bytes, request, shape)
        default: (object, files) = (nil, [:])
        }
    }

    /// The header's type without its parameters, in lower case.
    static func mediaType(of request: Request) -> String? {
        request.headers["Content-Type"].map { String($0.prefix { $0 != ";" && $0 != " " }).lowercased() }
    }

    private static func json(_ bytes: [UInt8]) throws -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil, let json = JSONValue(parsing: bytes, valuesAtMost: 100_000) else {
            // Fewer bytes can't hold that many.
            throw Problem.invalid(
                bytes.count < 200_000 ? "The body is no JSON." : "The body is no JSON of at most 100000 values, 200 deep."
            )
        }
        return json
    }

    private static func form(_ bytes: [UInt8], _ request: Request, _ shape: BodyShape) throws -> (JSONValue, [String: [UInt8]]) {
        let form = try MultipartForm(bytes, type: request.headers["Content-Type"] ?? "").parts
        guard case .object(let parts)? = shape.content.first(where: { $0.type == "multipart/form-data" })?.schema,
            form.keys.allSatisfy({ name in parts.contains { $0.name == name } }),
            let order = form[objectPart], let json = try? json(order)
        else {
            throw Problem.invalid("The form must have the parts 'run', which is JSON, and 'source', which is a tar.gz, and no others.")
        }
        return (json, form.filter { $0.key != objectPart })
    }

    /// A form is written as a query is.
    private static func fields(_ bytes: [UInt8]) throws -> JSONValue {
        guard let form = RequestTarget("/?" + String(decoding: bytes, as: UTF8.self)) else {
            throw Problem.invalid("The body is no form of the type application/x-www-form-urlencoded.")
        }
        return .object(form.queryItems.map { JSONValue.Member(name: $0.name, value: .string($0.value)) })
    }
}
