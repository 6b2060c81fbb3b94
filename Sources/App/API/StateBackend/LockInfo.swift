import StateVault
import Terraform

/// What Terraform says of a lock that it takes.
struct LockInfo: Sendable {
    let id: String
    /// `OperationTypeApply`.
    let operation: String
    /// `anna@laptop`.
    let who: String
    /// As it was sent.
    let json: String

    static let schema = Schema.object([
        .init("ID", .string(), "Different for each lock"),
        .optional("Operation", .string(), "OperationTypeApply"),
        .optional("Info", .string(), "Anything"),
        .optional("Who", .string(), "anna@laptop"),
        .optional("Version", .string(), "Terraform's"),
        .optional("Created", .string(), "When"),
        .optional("Path", .string(), "Where"),
    ])

    /// - Throws: ``Problem`` when there is no id in it.
    init(_ body: [UInt8]) throws {
        guard String(validating: body, as: UTF8.self) != nil, let value = JSONValue(parsing: body), value.members != nil else {
            throw Problem.invalid("The body must be Terraform's lock, a JSON object with an ID.")
        }
        func text(_ name: String) throws -> String? {
            guard let found = value[name], found != .null else { return nil }
            guard let text = found.string else { throw Fields.wrong(name, "a text", found) }
            guard !text.utf8.contains(0) else { throw Problem.invalid("'\(name)' holds the character NUL; remove it.") }
            return text
        }
        guard let id = try text("ID"), 1...200 ~= id.utf8.count, !id.hasPrefix("ended:") else {
            throw Problem.invalid("'ID' must be a text of 1 to 200 bytes.")
        }
        self.id = id
        operation = try text("Operation").flatMap { $0.isEmpty ? nil : $0.brief } ?? "unknown"
        who = try text("Who").flatMap { $0.isEmpty ? nil : $0.brief } ?? "someone"
        // Nothing but what Terraform sends is kept: a JSON column takes no NUL.
        let kept = ["ID", "Operation", "Info", "Who", "Version", "Created", "Path"]
        json = JSONNode.object(try kept.map { ($0, .text(try text($0) ?? "")) }).string
    }

    /// A lock of our own runs, as Terraform would say it.
    static func json(of lock: StateLock, path: String) -> JSONNode {
        .object([
            ("ID", .text(lock.id)), ("Operation", .text(lock.reason)), ("Info", ""), ("Who", .text(lock.holder)), ("Version", ""),
            ("Created", .moment(lock.createdAt)), ("Path", .text(path)),
        ])
    }
}
