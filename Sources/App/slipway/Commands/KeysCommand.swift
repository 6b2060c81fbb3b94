import FoundationEssentials
import Provisioning
import Sealing
import StateVault
import Storage

/// Runs `slipway keys list|add|rotate|retire`.
enum KeysCommand {
    private struct KeyDocument: Encodable {
        let name: String
        let state: String
        let protection: String?
        let createdAt: Date?
        let opens: [String: Int]
    }

    private struct RotationDocument: Encodable {
        let key: String
        let wrapped: Int
        let failures: [String]
        let lostKeys: [String: String]
    }

    static func list(_ context: CommandContext) async throws -> ExitCode {
        let configuration = try context.configuration()
        let database = try await Composition.openDatabase(configuration)
        let keys = try configuration.keyringStore.listIfThere()
        let uses = try await Composition.keyUses(in: database)
        await database.close()
        let lost = uses.keys.filter { name in !keys.contains { $0.name == name } }
        if context.output.isJSON {
            let held = keys.map { key in
                KeyDocument(
                    name: key.name,
                    state: key.isActive ? "active" : "kept",
                    protection: key.protection,
                    createdAt: key.createdAt,
                    opens: uses.byKey[key.name] ?? [:]
                )
            }
            let missing = lost.map {
                KeyDocument(name: $0, state: "missing", protection: nil, createdAt: nil, opens: uses.byKey[$0] ?? [:])
            }
            try context.output.json(held + missing)
            return lost.isEmpty ? .done : .failed
        }
        var table = Table([.init("NAME"), .init("STATE"), .init("PROTECTION", isFlexible: true), .init("CREATED"), .init("OPENS")])
        let now = Date()
        for key in keys {
            table.add([
                key.name, key.isActive ? "active" : "kept", key.protection, key.createdAt.map { HumanText.relative($0, now: now) } ?? "",
                uses.byKey[key.name] == nil ? "nothing" : uses.text(of: key.name),
            ])
        }
        for name in lost { table.add([name, "missing", "", "", uses.text(of: name)]) }
        context.output.table(table)
        for name in lost { context.output.note("The key \"\(name)\" is missing: put it back to open \(uses.text(of: name)).") }
        return lost.isEmpty ? .done : .failed
    }

    static func add(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let protection: KeyringStore.Protection =
            if let key = context.command.string("kms") {
                .service(scheme: "kms", id: key)
            } else {
                context.command.flag("passphrase") ? .passphrase : .plain
            }
        let name = try await program.configuration.keyringStore.add(name: context.command.string("name"), protection: protection)
        if context.output.isJSON {
            try context.output.json(["key": name])
        } else {
            context.output.line("The key '\(name)' is in \(program.configuration.keyringStore.place); copy that file to a safe place.")
            context.output.line("It seals nothing yet: `slipway keys rotate` makes it the active one.")
        }
        return .done
    }

    static func rotate(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let store = program.configuration.keyringStore
        let keys = try store.list()
        // The first one is the active one, the only choice when the environment sets them.
        let newest = keys.max { ($0.createdAt ?? .distantPast) < ($1.createdAt ?? .distantPast) }
        let wanted = context.command.string("to") ?? (store.isFixed ? keys.first?.name : newest?.name)
        guard let name = wanted else { throw CommandError("The keyring has no key.") }
        try await store.activate(name)
        try await program.keyring.refresh()
        let rotation = program.keyRotation
        let isShown = context.output.isTerminal && !context.output.isJSON && !context.command.flag("quiet")
        let report = try await rotation.run(to: name) { progress in
            if isShown { context.output.rewrite("Wrapped \(progress.done) of \(progress.total)") }
        }
        if isShown { context.output.rewrite("") }
        await program.database.close()
        if context.output.isJSON {
            try context.output.json(
                RotationDocument(key: name, wrapped: report.done, failures: report.failures, lostKeys: report.lost)
            )
        } else {
            context.output.line("The key '\(name)' seals; \(report.done) sealed messages were wrapped with it anew.")
            for failure in report.failures { context.output.note(ErrorText.sentence(of: CommandError(failure))) }
            for (key, what) in report.lost.sorted(by: { $0.key < $1.key }) {
                context.output.note("The key \"\(key)\" is missing: put it back to open \(what), then rotate again.")
            }
            let rest = keys.map(\.name).filter { $0 != name }
            if !rest.isEmpty, report.failures.isEmpty, !store.isFixed {
                let names = rest.joined(separator: ", ")
                context.output.note("`slipway keys retire NAME` removes a key that nothing needs any more: \(names).")
            }
        }
        return report.failures.isEmpty && report.lost.isEmpty ? .done : .failed
    }

    static func retire(_ context: CommandContext) async throws -> ExitCode {
        let name = try context.command.required("NAME")
        let program = try await context.open()
        let retirement = program.keyRetirement
        try await retirement.check(name)
        let question = [
            "Do you really want to remove the key '\(name)'?",
            "  Nothing in the database and its backups needs it. Copies elsewhere that it sealed can't be opened afterwards.",
            "  There is no undo. Only 'yes' will be accepted to confirm.",
        ]
        guard try await context.confirmed(question) else {
            context.output.note("The key stays.")
            return .cancelled
        }
        try await retirement.retire(name, by: program.person, now: Date())
        await program.database.close()
        if context.output.isJSON {
            try context.output.json(["retired": name])
        } else {
            context.output.line("The key '\(name)' is gone.")
        }
        return .done
    }
}
