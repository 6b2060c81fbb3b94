import FoundationEssentials
import Sealing
import Testing

/// One record of a published test vector file: its `name = value` lines.
struct Vector: Sendable, CustomTestStringConvertible {
    var fields: [String: String] = [:]
    var mustFail = false

    var testDescription: String { fields["Count"] ?? fields["COUNT"] ?? fields["Len"] ?? "" }

    func bytes(_ name: String) throws -> [UInt8] { try #require(Hexadecimal.bytes(fields[name] ?? "")) }

    func number(_ name: String) throws -> Int { try #require(fields[name].flatMap { Int($0) }) }

    /// Reads a file of Tests/Fixtures/SealedVectors.
    static func all(in file: String) throws -> [Vector] {
        var vectors: [Vector] = []
        for line in try String(decoding: Fixture.bytes("SealedVectors/" + file), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map { String($0.filter { !$0.isWhitespace }) }
            if line == "FAIL" { vectors[vectors.count - 1].mustFail = true }
            guard let name = parts.first, !name.hasPrefix("#"), !name.hasPrefix("["), line.contains("=") else { continue }
            if ["Count", "COUNT", "Len"].contains(name) { vectors.append(Vector()) }
            vectors[vectors.count - 1].fields[name] = parts.count > 1 ? parts[1] : ""
        }
        return vectors
    }
}

enum Fixture {
    static func path(_ name: String, file: String = #filePath) -> String {
        URL(filePath: file).deletingLastPathComponent().appending(path: "../../Fixtures/" + name).standardizedFileURL.path
    }

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path(name)))) }
}

extension SecretBytes {
    init(_ bytes: [UInt8]) {
        var copy = bytes
        self.init(wiping: &copy)
    }

    var bytes: [UInt8] { withBytes { Array($0) } }
}
