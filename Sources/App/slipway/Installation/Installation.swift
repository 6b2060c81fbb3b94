import API
import FoundationEssentials
import Jobs
import Remote
import Storage

/// What a command works with: an installation's API, in this process or on a server, which answers the same.
struct Installation: Sendable {
    let place: Place
    private let connection: any APIConnection

    init(_ place: Place, _ connection: any APIConnection) {
        self.place = place
        self.connection = connection
    }

    /// What the API runs on, when that is this process; nil: a server has it.
    var program: Composition? { (connection as? ProcessConnection)?.program }

    /// What is waited for when it is away.
    var what: String { program == nil ? "server" : "database" }

    // MARK: - Asking

    func send(_ order: APIOrder) async throws -> APIAnswer { try await connection.send(order) }

    /// Reads a document.
    func get<Document: Decodable>(
        _ path: String...,
        query: [(name: String, value: String?)] = [],
        as type: Document.Type = Document.self
    ) async throws -> Document {
        try JSONDocument.read(try await send(APIOrder(method: "GET", path: ["api"] + path, query: query)).body)
    }

    /// Reads all pages of a list.
    func all<Item: Codable & Sendable>(
        _ path: String...,
        query: [(name: String, value: String?)] = [],
        as type: Item.Type = Item.self
    ) async throws -> [Item] {
        var (items, next): ([Item], String?) = ([], nil)
        repeat {
            let order = APIOrder(method: "GET", path: ["api"] + path, query: query + [("limit", "1000"), ("after", next)])
            let page: Page<Item> = try JSONDocument.read(try await send(order).body)
            items += page.items
            next = page.next
        } while next != nil
        return items
    }

    /// Changes something; gives the answer's bytes.
    @discardableResult
    func change(
        _ method: String,
        _ path: String...,
        query: [(name: String, value: String?)] = [],
        body: (any Encodable & Sendable)? = nil
    ) async throws -> [UInt8] {
        var order = APIOrder(method: method, path: ["api"] + path, query: query)
        if let body { (order.body, order.type) = (try JSONDocument.compact(body), "application/json") }
        return try await send(order).body
    }

    // MARK: - When it is away

    /// Whether the same may work in a while, with nothing changed by a person.
    static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let error as StorageError: error.mayPass
        case let error as RemoteError: error.isTransient
        case let error as Problem: [429, 502, 503, 504].contains(error.status)
        default: false
        }
    }
}
