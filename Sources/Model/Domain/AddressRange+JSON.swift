internal import FoundationEssentials

extension AddressRange {
    /// The ranges of a column.
    ///
    /// - Throws: An error of Foundation's for what is no list of texts; what is no range is passed over, and so stays closed.
    package static func list(_ text: String) throws -> [AddressRange] {
        try JSONDecoder().decode([String].self, from: Data(text.utf8)).compactMap { AddressRange($0) }
    }

    /// The ranges as a column keeps them.
    package static func text(of ranges: [AddressRange]) throws -> String {
        String(decoding: try JSONEncoder().encode(ranges.map(\.description)), as: UTF8.self)
    }
}
