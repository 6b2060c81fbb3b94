/// The name of a stored object: words separated by `/`, valid in a folder as well as in a bucket.
///
/// At most 900 bytes of printable UTF-8; no word is empty, begins with a dot or is longer than 200 bytes.
package struct ObjectKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String

    /// Checks a name.
    ///
    /// - Throws: ``RemoteError/Reason/badKey(_:)`` with what is wrong.
    package init(_ text: String) throws(RemoteError) {
        if let problem = Self.problem(of: text) {
            throw RemoteError(.badKey("no object can have the name \"\(text.harmless)\": \(problem)"))
        }
        self.text = text
    }

    /// The same order as S3's: by bytes.
    package static func < (left: ObjectKey, right: ObjectKey) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }

    package var description: String { text }

    /// Below the prefix of a store.
    func prefixed(_ prefix: String) -> String { prefix.isEmpty ? text : "\(prefix)/\(text)" }

    private static func problem(of text: String) -> String? {
        guard (1...900).contains(text.utf8.count) else { return "it must have 1 to 900 bytes" }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return "it holds a control character" }
        for word in text.split(separator: "/", omittingEmptySubsequences: false) {
            if word.isEmpty { return "a part between slashes is empty" }
            if word.hasPrefix(".") { return "a part begins with a dot" }
            if word.utf8.count > 200 { return "a part is longer than 200 bytes" }
        }
        return nil
    }
}

extension StringProtocol {
    /// Fit for a message: without control characters, and not long.
    var harmless: String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(300).filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
}
