import FoundationEssentials
import Testing

@testable import Jobs

@Suite struct FailureClassTests {
    @Test func `the table in docs is the code`() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: root + "/docs/scheduling.md")), as: UTF8.self)
        let section = try #require(text.components(between: "## What is tried again\n", and: "\n## "))
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        let code = FailureClass.allCases.map { "| `\($0.rawValue)` | \($0.isTransient ? "yes" : "no") | \($0.meaning) |" }
        #expect(rows == code)
    }

    @Test func `what the requirements name is classed as they say`() {
        let transient: Set<FailureClass> = [.network, .dns, .throttling, .serverError, .lockContention, .lostWorker]
        #expect(Set(FailureClass.allCases.filter(\.isTransient)) == transient)
        for permanent: FailureClass in [.syntax, .validation, .permission, .quota] { #expect(!permanent.isTransient) }
    }
}

extension String {
    fileprivate func components(between start: String, and end: String) -> Substring? {
        guard let first = firstRange(of: start) else { return nil }
        let rest = self[first.upperBound...]
        return rest.firstRange(of: end).map { rest[..<$0.lowerBound] } ?? rest
    }
}
