import FoundationEssentials
import Host
import TestKit
import Testing

/// What others on the machine can do with the files that Slipway makes.
@Suite(.requires(.terraform)) struct DataFolderTests {
    private static let main = """
        resource "terraform_data" "a" { input = "x" }
        output "o" { value = "v" }
        """

    /// Everything in the data folder that others could read or change: providers are public files, and may only be read.
    private func open(_ folder: String) throws -> [String] {
        var (found, rest): ([String], [String]) = ([], [folder])
        while let path = rest.popLast() {
            guard let facts = FileFacts(of: path), facts.kind != .link else { continue }
            let isPublic = path.hasPrefix("\(folder)/providers/")
            if facts.mode & (isPublic ? 0o022 : 0o077) != 0 { found.append("\(path): \(String(facts.mode & 0o7777, radix: 8))") }
            if facts.kind == .folder { rest += try FileSystem.names(in: path).map { "\(path)/\($0)" } }
        }
        return found
    }

    private func run(_ slipway: Slipway, _ words: [String]) async throws {
        let process = try slipway.startUnmasked(words)
        #expect(try await process.end(within: .seconds(120)) == 0, "\(words): \(process.lines) \(process.errors)")
    }

    @Test func `nothing in the data folder is open to others after a run`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.main, to: "source/main.tf")
            try slipway.write("HCLOUD_TOKEN=some-value\n", to: "values")
            try await run(slipway, ["deploy", source, "--project", "shop", "--auto-approve"])
            try await run(slipway, ["credential", "add", "c", "--file", "\(slipway.folder)/values"])
            try await run(slipway, ["keys", "add"])
            try await run(slipway, ["worker", "--exit-when-idle"])
            try await run(slipway, ["plan", source, "--project", "shop"])
            #expect(try open(slipway.data) == [])
            let names = try FileSystem.names(in: slipway.data)
            #expect(names.contains("slipway.sqlite") && names.contains("keyring") && names.contains("backups"), "\(names)")
        }
    }

    @Test func `nothing is open to others while a server is at work`() async throws {
        try await Slipway.with { slipway in
            let server = try slipway.startUnmasked(["serve", "--listen", "127.0.0.1:0"])
            _ = try await server.line("an address") { $0.hasPrefix("listening on http://") }
            let source = try slipway.write(Self.main, to: "source/main.tf")
            #expect(try await slipway.run("deploy", source, "--project", "shop", "--auto-approve").code == 0)
            // The server's own user and root may use the socket; the folder keeps everyone else away from it.
            #expect(try open(slipway.data).filter { !$0.contains("slipway.sock") } == [])
            server.child.signal(15)
            #expect(try await server.end(within: .seconds(60)) == 0)
            #expect(try open(slipway.data) == [])
        }
    }
}

/// A program that is loaded together with a library which sets a variable before `main`.
@Suite(.requires(.faketime)) struct FaketimeTests {
    @Test(arguments: [["--version"], ["jobs", "--json"]]) func `the program keeps its arguments under libfaketime`(
        words: [String]
    ) async throws {
        try await Slipway.with { slipway in
            let faketime = try #require(RequiredTool.faketime.path)
            let asked = ChildProcess.Command(
                faketime,
                ["-f", "+0s", "sh", "-c", "printf %s \"$LD_PRELOAD\""],
                environment: slipway.environment
            )
            let library = try await ChildProcess.run(asked).text
            let plain = try await slipway.run(words)
            let loaded = try await slipway.run(words, environment: ["LD_PRELOAD": library, "FAKETIME": "-1h"])
            #expect(loaded.code == 0 && loaded.output == plain.output, "\(loaded)")
            let wrapped = ChildProcess.Command(faketime, ["2030-01-01", try Slipway.program()] + words, environment: slipway.environment)
            #expect(try await ChildProcess.run(wrapped).text == plain.output)
        }
    }
}
