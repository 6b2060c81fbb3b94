/// The shape of a JSON value, for the API's description.
///
/// - SeeAlso: <https://json-schema.org/draft/2020-12>
indirect enum Schema: Sendable {
    case string(format: String? = nil)
    /// A text of letters, digits, `.`, `_` and `-`, at most so many.
    case name(upTo: Int)
    case choice([String])
    case integer
    case whole(ClosedRange<Int>)
    case number
    case decimal(ClosedRange<Double>)
    case boolean
    /// Any value.
    case any
    case list(Schema)
    /// An object whose values all have one shape.
    case dictionary(Schema)
    case nullable(Schema)
    case either([Schema])
    case object([Property])
    case named(NamedSchema)

    /// One member of an object.
    struct Property: Sendable {
        let name: String
        let schema: Schema
        let summary: String
        let isRequired: Bool

        init(_ name: String, _ schema: Schema, _ summary: String, isRequired: Bool = true) {
            self.name = name
            self.schema = schema
            self.summary = summary
            self.isRequired = isRequired
        }

        /// One that may be left out.
        static func optional(_ name: String, _ schema: Schema, _ summary: String) -> Property {
            Property(name, schema, summary, isRequired: false)
        }
    }

    static let moment = Schema.string(format: "date-time")

    /// A page of a list.
    static func page(of item: NamedSchema) -> Schema {
        .object([
            .init("items", .list(.named(item)), "In order"),
            .init("next", .nullable(.string()), "Give it as 'after' for the next page; null: there is none"),
        ])
    }

    /// The names in it, those within them included.
    var names: [NamedSchema] {
        switch self {
        case .string, .name, .choice, .integer, .whole, .number, .decimal, .boolean, .any: []
        case .list(let item), .dictionary(let item), .nullable(let item): item.names
        case .either(let schemas): schemas.flatMap(\.names)
        case .object(let properties): properties.flatMap(\.schema.names)
        case .named(let named): [named] + named.schema.names
        }
    }

    /// As the description has it.
    var json: JSONNode {
        switch self {
        case .string(let format?): .object([("type", "string"), ("format", .text(format))])
        case .string(nil): .object([("type", "string")])
        case .choice(let words): .object([("type", "string"), ("enum", .list(words.map { .text($0) }))])
        case .name(let length):
            .object([("type", "string"), ("pattern", .text("^[A-Za-z0-9][A-Za-z0-9._-]{0,\(length - 1)}$"))])
        case .integer: .object([("type", "integer")])
        case .whole(let range):
            .object([("type", "integer"), ("minimum", JSONNode(range.lowerBound)), ("maximum", JSONNode(range.upperBound))])
        case .number: .object([("type", "number")])
        case .decimal(let range):
            .object([("type", "number"), ("minimum", .number(range.lowerBound)), ("maximum", .number(range.upperBound))])
        case .boolean: .object([("type", "boolean")])
        case .any: .object([])
        case .list(let item): .object([("type", "array"), ("items", item.json)])
        case .dictionary(let item): .object([("type", "object"), ("additionalProperties", item.json)])
        case .nullable(let schema): .object([("anyOf", .list([schema.json, .object([("type", "null")])]))])
        case .either(let schemas): .object([("anyOf", .list(schemas.map(\.json)))])
        case .named(let named): .object([("$ref", .text("#/components/schemas/\(named.name)"))])
        case .object(let properties):
            .object([
                ("type", "object"),
                ("properties", .object(properties.map { ($0.name, Self.described($0)) })),
                ("required", .list(properties.filter(\.isRequired).map { .text($0.name) })),
            ])
        }
    }

    /// As ``json``, for a body: nothing else may be in it, and null is as good as nothing.
    var bodyJSON: JSONNode {
        guard case .object(let properties) = self else { return json }
        let lenient = Schema.object(
            properties.map { property in
                if case .nullable = property.schema { return property }
                return property.isRequired ? property : .optional(property.name, .nullable(property.schema), property.summary)
            }
        )
        guard case .object(let members) = lenient.json else { return json }
        return .object(members + [("additionalProperties", false)])
    }

    private static func described(_ property: Property) -> JSONNode {
        // Beside a reference, too: 3.1 allows it.
        guard case .object(let members) = property.schema.json else { return property.schema.json }
        return .object(members + [("description", .text(property.summary))])
    }
}

/// A shape that the description names.
struct NamedSchema: Sendable {
    let name: String
    let schema: Schema

    init(_ name: String, _ schema: Schema) {
        self.name = name
        self.schema = schema
    }
}
