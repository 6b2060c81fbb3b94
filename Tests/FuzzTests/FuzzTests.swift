import Host
import TestKit
import Testing

/// The fuzzers, shortly: `make fuzz` runs them for long.
@Suite struct FuzzTests {
    @Test(arguments: [("74", "crash: signal"), ("68", "hang: computes"), ("6d", "memory: "), ("77", "broken: wrong"), ("00", "")])
    func `a reader that is broken is told, with the input that breaks it`(input: String, fault: String) async throws {
        let child = try await ChildProcess.run(
            .init(try Slipway.program(named: "slipway-fuzz"), ["broken", "--input", input], environment: ["SWIFT_BACKTRACE": "enable=no"]),
            timeout: .seconds(120)
        )
        #expect(child.status.isSuccess == fault.isEmpty)
        #expect(child.text.contains(fault) && child.text.contains("\n  \(input)\n") != fault.isEmpty, "\(child.text)")
    }

    @Test(arguments: [1, UInt64.random(in: 2...999_999_999)])
    func `no reader of strangers' bytes traps, hangs or gets them wrong`(seed: UInt64) async throws {
        let program = try Slipway.program(named: "slipway-fuzz")
        let child = try await ChildProcess.run(
            .init(program, ["--seed", "\(seed)", "--count", "100", "--seconds", "1"], environment: [:]),
            timeout: .seconds(120)
        )
        // It prints the seed: the same inputs are made again with it.
        #expect(child.status.isSuccess, "\(child.text.suffix(4000))\(child.errorText.suffix(2000))")
    }
}
