import FoundationEssentials

/// One thing that a command asks of the API.
struct APIOrder: Sendable {
    var method: String
    /// The parts of the path; each is escaped.
    var path: [String]
    /// What has no value is left out.
    var query: [(name: String, value: String?)] = []
    var body: [UInt8] = []
    var type: String?
    /// For the whole answer.
    var timeout: Duration = .seconds(600)

    /// As the request line has it: `/api/jobs/x/events?after=7`.
    var target: String {
        let path = path.map { "/" + Self.escaped($0) }.joined()
        let query = query.compactMap { name, value in value.map { "\(name)=\(Self.escaped($0))" } }
        return query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}

/// What came back, when it was done.
struct APIAnswer: Sendable {
    let body: [UInt8]
    /// The version of the state that the body is, where it is one.
    let stateVersion: Int?
}

/// A way to the API.
protocol APIConnection: Sendable {
    /// Asks, and waits for the answer.
    ///
    /// - Throws: Why it is not done.
    func send(_ order: APIOrder) async throws -> APIAnswer
}
