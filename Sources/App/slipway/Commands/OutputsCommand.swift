import Log
import Terraform

/// Runs `slipway outputs --project NAME [OUTPUT]`.
enum OutputsCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let project = try context.command.required("project")
        let name = context.command.string("NAME")
        let isRevealing = name != nil || context.command.flag("show-sensitive")
        var order = APIOrder(method: "GET", path: ["api", "deployments", project, "outputs"])
        order.query = context.organizationQuery + [("sensitive", isRevealing ? "true" : nil)]
        let document = try await context.installation().send(order).body
        let outputs = JSONValue(parsing: document)?.members ?? []
        if let name {
            guard let output = outputs.first(where: { $0.name == name })?.value else {
                let there = outputs.map(\.name).sorted().joined(separator: ", ")
                throw CommandError("The project '\(project)' has no output '\(name)'; it has \(there.isEmpty ? "none" : there).")
            }
            let value = output["value"] ?? .null
            // A string without its quotes, for a shell.
            if context.output.isJSON { context.output.document(value.text) } else { context.output.line(value.string ?? value.text) }
            return .done
        }
        if context.output.isJSON {
            context.output.document(String(decoding: document, as: UTF8.self))
            return .done
        }
        if outputs.isEmpty { context.output.note("No outputs.") }
        for output in outputs.sorted(by: { $0.name < $1.name }) {
            let value = output.value["value"] ?? .null
            let isHidden = output.value["sensitive"]?.bool == true && value == .null
            context.output.line("\(Harmless.line(output.name)) = \(isHidden ? "<sensitive>" : Harmless.line(value.text))")
        }
        return .done
    }
}
