import FoundationEssentials
import Testing

@testable import Host

@Suite struct ResidentCodeTests {
    @Test func `what was let go of still runs`() {
        let before = (1...1000).map { "\($0)" }.joined()
        #expect(ResidentCode.letGo() > 0)
        #expect((1...1000).map { "\($0)" }.joined() == before)
    }
}
