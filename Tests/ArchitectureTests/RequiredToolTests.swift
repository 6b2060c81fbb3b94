internal import TestKit
internal import Testing

@Suite struct `A required tool` {
    private let absent = RequiredTool("slipway-no-such-program", remedy: "there is none")

    @Test func `is found on PATH`() throws {
        let shell = RequiredTool("slipway-no-such-program", "sh", remedy: "")
        #expect(shell.path?.hasSuffix("/sh") == true)
        #expect(try shell.isPresent(skippingForbidden: true))
    }

    @Test func `skips where it is missing, and fails where no test may be skipped`() throws {
        #expect(try absent.isPresent(skippingForbidden: false) == false)
        let error = #expect(throws: RequiredTool.Missing.self) { try absent.isPresent(skippingForbidden: true) }
        #expect(error?.description == "slipway-no-such-program is missing, and no test may be skipped here: there is none")
    }
}
