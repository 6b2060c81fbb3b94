import Domain
import Testing

@Suite struct JobIDTests {
    @Test func `an id says what, when, and which`() throws {
        var random = SystemRandomNumberGenerator()
        let id = JobID.make(prefix: "deploy", unixMilliseconds: 1_764_580_000_000, using: &random)
        let match = try #require(id.rawValue.wholeMatch(of: /deploy-1764580000000-[a-z0-9]{6}/))
        #expect(match.output == id.rawValue)
    }

    @Test func `ids of one millisecond differ`() {
        var random = SystemRandomNumberGenerator()
        let ids = Set((0..<1000).map { _ in JobID.make(prefix: "plan", unixMilliseconds: 1, using: &random) })
        #expect(ids.count == 1000)
    }

    @Test func `fences compare as numbers`() { #expect(Fence(rawValue: 9) < Fence(rawValue: 10)) }

    @Test func `a summary reads as Terraform's people write it`() {
        #expect(ChangeSummary(add: 3, change: 1).description == "+3 ~1 -0")
        #expect(ChangeSummary().isEmpty)
        #expect(!ChangeSummary(imported: 1).isEmpty)
    }
}
