import Dispatch
import Glibc
import Host
import Testing

@testable import slipway

@Suite struct PromptTests {
    @Test(arguments: [
        ("yes", true), ("  yes ", true), ("yes\r", true), ("y", false), ("Yes", false), ("YES", false), ("no", false), ("", false),
        ("yes!", false), (nil, false),
    ])
    func `only yes is a yes`(answer: String?, isYes: Bool) {
        #expect(Prompt.isYes(answer) == isYes)
    }

    @Test func `the question is Terraform's, and its answer counts`() async throws {
        let input = Pipe()
        let output = Pipe()
        try input.writing.write("yes\nleft over\n")
        let answer = await Prompt(input: input.reading, output: output.writing, paint: .plain).ask(.apply)
        #expect(answer)
        output.closeWriting()
        let lines = await output.lines()
        #expect(lines.first == "Do you want to perform these actions?")
        #expect(lines.contains("  Only 'yes' will be accepted to approve."))
        input.closeWriting()
        #expect(await input.lines() == ["left over"])
    }

    @Test func `the end of the input is a no`() async throws {
        let input = Pipe()
        input.closeWriting()
        #expect(await !Prompt(input: input.reading, output: Pipe().writing, paint: .plain).ask(.destroy))
    }

    @Test func `a cancelled task doesn't wait for an answer`() async throws {
        let input = Pipe()
        let output = Pipe()
        let asking = Task { await Prompt(input: input.reading, output: output.writing, paint: .plain).ask(.apply) }
        #expect(await output.line() == "Do you want to perform these actions?")
        asking.cancel()
        #expect(await asking.value == false)
        // Until here: the descriptor must be this pipe's as long as it is read.
        withExtendedLifetime(input) {}
    }

    /// Both ends of a pipe, open until closed or until it goes.
    private final class Pipe: Sendable {
        let reading: Terminal
        let writing: Terminal

        init() {
            Terminal.ignoreBrokenPipes()
            var ends: [Int32] = [-1, -1]
            _ = pipe(&ends)
            reading = Terminal(descriptor: ends[0])
            writing = Terminal(descriptor: ends[1])
        }

        func closeWriting() { _ = close(writing.descriptor) }

        func lines() async -> [String] {
            var lines: [String] = []
            while let line = await line() { lines.append(line) }
            return lines
        }

        /// Reads on a queue: a wait must not hold a thread of Swift's pool.
        func line() async -> String? {
            let end = ContinuousClock.now + .seconds(20)
            return await withCheckedContinuation { continuation in
                DispatchQueue(label: "test.pipe").async { [reading] in
                    continuation.resume(returning: reading.readLine { ContinuousClock.now < end })
                }
            }
        }

        deinit { _ = close(reading.descriptor) }
    }
}
