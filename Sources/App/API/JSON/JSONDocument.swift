internal import FoundationEssentials

/// Makes JSON of any value: keys sorted, times by ``Timestamp``.
package enum JSONDocument {
    /// For people and programs at a terminal, on several lines.
    ///
    /// - Throws: What `JSONEncoder` throws for a number that JSON can't hold.
    package static func pretty(_ value: some Encodable) throws -> String {
        String(decoding: try encoder([.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]).encode(value), as: UTF8.self)
    }

    /// Reads what this program wrote.
    ///
    /// - Throws: `DecodingError` for anything else.
    package static func read<Value: Decodable>(_ bytes: [UInt8], as type: Value.Type = Value.self) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            guard let date = Timestamp.date(try container.decode(String.self)) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no moment")
            }
            return date
        }
        return try decoder.decode(type, from: Data(bytes))
    }

    /// For an answer, or a request.
    package static func compact(_ value: some Encodable) throws -> [UInt8] {
        [UInt8](try encoder([.sortedKeys, .withoutEscapingSlashes]).encode(value))
    }

    private static func encoder(_ formatting: JSONEncoder.OutputFormatting) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(Timestamp.text(date))
        }
        return encoder
    }
}
