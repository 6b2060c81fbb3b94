internal import FoundationEssentials

/// A list of strings as JSON text, as the column `tags` holds it.
enum JSONStrings {
    static func encode(_ strings: [String]) -> String {
        if strings.isEmpty { return "[]" }
        // Encoding strings can't fail: they are valid Unicode by construction.
        guard let bytes = try? JSONEncoder().encode(strings) else { return "[]" }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func decode(_ text: String) -> [String] {
        if text == "[]" { return [] }
        // Written by `encode` only; a row that someone damaged by hand loses its tags rather than the queue its work.
        return (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) ?? []
    }
}
