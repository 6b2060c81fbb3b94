import Events
import Provisioning

/// Runs `slipway outputs --project NAME [OUTPUT]`.
enum OutputsCommand {
    static func run(_ context: CommandContext) async throws -> ExitCode {
        let project = try context.command.required("project")
        let name = context.command.string("NAME")
        let program = try await context.open()
        let outputs = try await program.outputs.read(
            project: project,
            organization: context.organization,
            revealing: name != nil || context.command.flag("show-sensitive")
        )
        if let name {
            guard let output = outputs[name] else {
                let there = outputs.keys.sorted().joined(separator: ", ")
                throw CommandError("The project '\(project)' has no output '\(name)'; it has \(there.isEmpty ? "none" : there).")
            }
            context.output.line(context.output.isJSON ? output.value ?? "null" : OutputText.bare(output.value ?? "null"))
            return .done
        }
        if context.output.isJSON {
            context.output.line(OutputText.document(outputs))
            return .done
        }
        if outputs.isEmpty { context.output.note("No outputs.") }
        for (name, output) in outputs.sorted(by: { $0.key < $1.key }) {
            context.output.line("\(name) = \(output.value.map(Harmless.line) ?? "<sensitive>")")
        }
        return .done
    }
}
