import FoundationEssentials
import Testing

@testable import slipway

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("90s", 90_000), ("30m", 1_800_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("500ms", 500), ("1d2h3m4s5ms", 93_784_005),
        ("0s", 0),
    ])
    func `durations are read`(text: String, milliseconds: Int64) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "30", "m", "30x", "30m1h", "1m1m", "-5m", "1.5h", " 5m", "9999999999999999h", "999999999999d", "٣m"])
    func `what is no duration is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}

@Suite struct SuggestionTests {
    @Test func `distance counts insertions, deletions, replacements and swaps`() {
        #expect(Suggestion.distance("deploy", "deploy") == 0)
        #expect(Suggestion.distance("deplyo", "deploy") == 1)
        #expect(Suggestion.distance("dploy", "deploy") == 1)
        #expect(Suggestion.distance("", "abc") == 3)
        #expect(Suggestion.distance("kitten", "sitting") == 3)
    }

    @Test func `only what is near is suggested`() {
        #expect(Suggestion.nearest(to: "aprove", in: ["approve", "apply"]) == "approve")
        #expect(Suggestion.nearest(to: "auto", in: ["auto-approve", "json"]) == "auto-approve")
        #expect(Suggestion.nearest(to: "DEPLOY", in: ["deploy"]) == "deploy")
        #expect(Suggestion.nearest(to: "xyz", in: ["deploy", "plan"]) == nil)
        #expect(Suggestion.nearest(to: "", in: ["deploy"]) == nil)
    }
}

@Suite struct AddressOrderTests {
    @Test func `the root module first, then by address, indices as numbers`() {
        let sorted = ["a.x[0]", "a.x[2]", "a.x[10]", "b.y", "b.y2", "z.z", "module.a.a.x", "module.a.a.x[\"k\"]", "module.b.a.x"]
        #expect(sorted.reversed().sorted(by: AddressOrder.isBefore) == sorted)
    }
}

@Suite struct ErrorTextTests {
    struct Failure: Error, CustomStringConvertible { let description: String }

    @Test(arguments: [
        ("there is no x", "There is no x."), ("did you mean y?", "Did you mean y?"), ("main.tf can't be read", "main.tf can't be read."),
    ])
    func `a sentence begins large and ends once`(text: String, sentence: String) {
        #expect(ErrorText.sentence(of: Failure(description: text)) == sentence)
    }
}

@Suite struct HumanTextTests {
    @Test(arguments: [
        (0, "0.0s"), (0.44, "0.4s"), (9.94, "9.9s"), (9.96, "10s"), (59.4, "59s"), (60, "1m 00s"), (125, "2m 05s"), (3720, "1h 02m"),
        (273_600, "3d 04h"), (-1, "0.0s"), (.infinity, "0.0s"),
    ])
    func `durations`(seconds: Double, text: String) {
        #expect(HumanText.duration(seconds) == text)
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (1_572_864, "1.5 MB"), (20_971_520, "20 MB"), (5_368_709_120, "5.0 GB"),
    ])
    func `bytes`(count: Int, text: String) {
        #expect(HumanText.bytes(count) == text)
    }

    @Test func `times before and after now`() {
        let now = Date(timeIntervalSince1970: 1_764_580_000)
        let cases: [(Double, String)] = [
            (-3, "just now"), (-30, "30 seconds ago"), (-60, "1 minute ago"), (-7300, "2 hours ago"), (-90_000, "1 day ago"),
            (-40 * 86400, "2025-10-22"), (7300, "in 2 hours"),
        ]
        for (offset, text) in cases { #expect(HumanText.relative(now.addingTimeInterval(offset), now: now) == text) }
    }
}
