import Log
import Testing

@testable import slipway

@Suite struct HarmlessTests {
    @Test(arguments: [
        ("plain", "plain"), ("\u{1B}[31mred\u{1B}[0m", "red"), ("a\u{1B}]0;title\u{07}b", "ab"),
        ("a\u{1B}]8;;http://x\u{1B}\\link", "alink"),
        ("a\u{9B}2Jb", "ab"), ("bell\u{07}", "bell\u{FFFD}"), ("a\tb\nc\rd", "a b c d"), ("back\u{08}space", "back\u{FFFD}space"),
        ("\u{202E}evil", "\u{FFFD}evil"), ("日本語 ✓", "日本語 ✓"), ("\u{1B}", ""), ("\u{1B}[", ""), ("\u{1B}P1$rx\u{1B}\\ok", "ok"),
        ("\u{1B}c!", "!"),
        ("\u{1B}(Bx", "x"),
    ])
    func `nothing that a terminal would obey is left`(text: String, expected: String) {
        #expect(Harmless.line(text) == expected)
    }

    @Test func `lines stay lines, and a redrawn one shows its last text`() {
        #expect(Harmless.lines("a\nb\r\n\n10%\r50%\r100%\n\tx") == ["a", "b", "", "100%", "    x"])
    }

    @Test func `an ASCII terminal gets no other characters`() {
        #expect(Symbols.ascii.clean("größe \u{1B}[1m東京") == "gr??e ??")
        #expect(Symbols.unicode.clean("größe") == "größe")
    }

    @Test func `the locale decides about Unicode`() {
        #expect(Symbols.suited(to: ["LANG": "de_DE.UTF-8"]).isUnicode)
        #expect(Symbols.suited(to: ["LC_ALL": "C.utf8", "LANG": "C"]).isUnicode)
        #expect(!Symbols.suited(to: ["LC_ALL": "C", "LANG": "de_DE.UTF-8"]).isUnicode)
        #expect(Symbols.suited(to: ["LC_ALL": "", "LANG": "de_DE.UTF-8"]).isUnicode)
        #expect(!Symbols.suited(to: [:]).isUnicode)
    }
}

@Suite struct TextWidthTests {
    @Test(arguments: [
        ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("❤️", 2), ("…", 1), ("", 0), ("한글", 4), ("｡", 1), ("Ａ", 2),
        ("\u{200B}", 0), ("⠋━", 2),
    ])
    func `columns are those of a terminal`(text: String, columns: Int) {
        #expect(TextWidth.columns(text) == columns)
    }

    @Test func `an address is shortened in the middle`() {
        #expect(TextWidth.truncateMiddle("module.web.aws_instance.web[0]", to: 15) == "module.….web[0]")
        #expect(TextWidth.truncateMiddle("abcdefghij", to: 7) == "abc…hij")
        #expect(TextWidth.truncateMiddle("abcdefghij", to: 10) == "abcdefghij")
        #expect(TextWidth.truncateMiddle("日本語日本語", to: 7) == "日本…語")
        #expect(TextWidth.truncateMiddle("abcdef", to: 1) == ".")
    }

    @Test(arguments: 0...24) func `a shortened text is never wider than asked`(width: Int) {
        for text in ["module.a.b[\"東京\"].c", "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", "plain text of some length", "ÄÖÜ日"] {
            #expect(TextWidth.columns(TextWidth.truncateMiddle(text, to: width)) <= width)
            #expect(TextWidth.columns(TextWidth.truncate(text, to: width)) <= width)
        }
    }

    @Test func `text is broken at blanks, a long word anywhere`() {
        #expect(TextWidth.wrap("one two three", to: 7) == ["one two", "three"])
        #expect(TextWidth.wrap("abcdefghij kl", to: 4) == ["abcd", "efgh", "ij", "kl"])
        #expect(TextWidth.wrap("日本語日本語", to: 5) == ["日本", "語日", "本語"])
        #expect(TextWidth.wrap("", to: 5) == [])
    }
}

@Suite struct TableTests {
    private var table: Table {
        var table = Table([.init("JOB", isFlexible: true), .init("STATUS"), .init("SIZE", isRightAligned: true), .init("AGE")])
        table.add(["deploy-1764580000000-k3x9qa", "failed", "5 MB", "2 minutes ago"])
        table.add(["plan-1", "東京", "120 KB", ""])
        table.add(["\u{1B}[31mx", "done"])
        return table
    }

    @Test func `columns are aligned and no line ends with blanks`() {
        let expected = [
            "JOB                          STATUS    SIZE  AGE",
            "deploy-1764580000000-k3x9qa  failed    5 MB  2 minutes ago",
            "plan-1                       東京    120 KB",
            "x                            done",
        ]
        #expect(table.render(width: nil) == expected)
    }

    @Test func `a narrow terminal shortens what may be shortened`() {
        let lines = table.render(width: 46)
        #expect(lines[1] == "deploy-…-k3x9qa  failed    5 MB  2 minutes ago")
        #expect(lines.allSatisfy { TextWidth.columns($0) <= 46 })
    }

    @Test func `cells may be coloured without moving their neighbours`() {
        let lines = table.render(width: nil, paint: .colour) { column, text in column == 1 ? Paint.colour.red(text) : text }
        #expect(lines.map(Harmless.line) == table.render(width: nil))
    }
}
