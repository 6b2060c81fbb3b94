import Log
import Testing

@Suite struct HarmlessTests {
    @Test(arguments: [
        ("plain ✓ 日本語", "plain ✓ 日本語"), ("a\n\tb\r\nc", "a\n\tb\nc"), ("\u{1B}[31mred\u{1B}[0m", "red"), ("a\u{1B}]0;title\u{07}b", "ab"),
        ("\u{1B}]0;never ended\nnext", "\nnext"), ("a\u{9B}2Jb\u{9D}0;t\u{9C}c\u{85}d", "abcd"), ("\u{202E}evil\u{2066}\u{2069}", "evil"),
        ("\u{1B}\nx", "\nx"), ("back\u{08}space\u{7F}", "backspace"),
    ])
    func `a text keeps its lines, and nothing that a terminal would obey`(text: String, expected: String) {
        #expect(Harmless.text(text) == expected)
    }

    @Test func `what the program prints keeps the colours that it uses, and no others`() {
        let colours: Set = ["0", "31"]
        #expect(Harmless.printed("\u{1B}[31mred\u{1B}[0m\n", colours: colours) == "\u{1B}[31mred\u{1B}[0m\n")
        #expect(Harmless.printed("\u{1B}[5mblink\u{1B}[2J\u{1B}[31;5mx\u{1B}[3", colours: colours) == "blinkx")
        #expect(Harmless.printed("\u{1B}[31m\u{1B}]0;t\u{07}a\u{9B}2Jb\u{202E}", colours: colours) == "\u{1B}[31mab")
        #expect(Harmless.printed("\u{1B}[31mred\u{1B}[0m", colours: []) == "red")
        #expect(Harmless.printed("\u{1B}]8;;\u{1B}[31mx\u{07}y", colours: colours) == "\u{1B}[31mxy")
    }

    @Test func `JSON stays the same document`() {
        #expect(Harmless.json("{\"a\": \"é\u{9B}\u{202E}\u{7F}\"}\n") == "{\"a\": \"é\\u009b\\u202e\\u007f\"}\n")
        #expect(Harmless.json("{\n\t\"a\": 1\n}") == "{\n\t\"a\": 1\n}")
    }
}
