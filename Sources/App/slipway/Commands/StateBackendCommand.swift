/// Runs `slipway state backend`.
enum StateBackendCommand {
    static func run(_ context: CommandContext) throws -> ExitCode {
        let project = try context.command.required("project")
        var url =
            try context.command.string("url") ?? context.environment["SLIPWAY_URL"] ?? LoginFile.read(context.environment)?.url
            ?? "http://127.0.0.1:8080"
        while url.hasSuffix("/") { url.removeLast() }
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), !url.contains(where: { $0 == "\"" || $0 == "\\" || $0.isWhitespace })
        else {
            throw UsageError(message: "--url takes the server's http:// or https:// address.", command: context.command.path)
        }
        // A project's and an organization's name need no escapes.
        let query = context.onlyOrganization.map { "?organization=\($0)" } ?? ""
        let address = "\(url)/api/state/\(project)\(query)"
        let text = """
            # The password is a token with the permissions state and stateWrite: export TF_HTTP_PASSWORD=slp_…
            terraform {
              backend "http" {
                address        = "\(address)"
                lock_address   = "\(address)"
                unlock_address = "\(address)"
                username       = "slipway"
              }
            }
            """
        if context.output.isJSON {
            try context.output.json(["address": address, "file": text + "\n"])
        } else {
            context.output.line(text)
        }
        return .done
    }
}
