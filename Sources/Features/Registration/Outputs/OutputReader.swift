package import Events
internal import Terraform

/// Finds machines in a deployment's outputs: a pure function of their names and values.
///
/// Takes every common name, in the singular and the plural, with `-` or `_`: single values, lists, maps, and objects; prefixed names
/// (`web_public_ip`, `db_public_ip`) when there is no other. Private keys are found by what they are, in outputs of any name.
package struct OutputReader {
    private let values: [String: JSONValue]
    private let original: [String: String]
    /// More are refused.
    static let limit = 1000
    /// In bytes of JSON; a longer output is about something else.
    static let longest = 4 << 20

    private init(_ outputs: [String: OutputValue]) {
        var values: [String: JSONValue] = [:]
        var original: [String: String] = [:]
        for (name, output) in outputs.sorted(by: { $0.key < $1.key }) {
            guard let text = output.value else { continue }
            original[OutputNames.normalized(name)] = name
            guard text.utf8.count <= Self.longest, let value = JSONValue(parsing: Array(text.utf8)) else { continue }
            values[OutputNames.normalized(name)] = value
        }
        (self.values, self.original) = (values, original)
    }

    /// Reads the outputs.
    ///
    /// - Parameter outputs: By name, with the values of sensitive ones.
    /// - Returns: The machines, each once.
    /// - Throws: ``RegistrationError`` that says which output to add or to mend.
    package static func read(_ outputs: [String: OutputValue]) throws(RegistrationError) -> FoundServers {
        let reader = OutputReader(outputs)
        var servers: [FoundServer] = []
        var places: Set<String> = []
        for server in try reader.servers() where places.insert(server.place).inserted { servers.append(server) }
        try check(servers.count)
        var keys: [[UInt8]] = []
        for value in reader.values.sorted(by: { $0.key < $1.key }).map(\.value) {
            for key in value.texts.flatMap(OutputFacts.privateKeys) where !keys.contains(key) && keys.count < 8 { keys.append(key) }
        }
        return FoundServers(servers: servers, privateKeys: keys)
    }

    /// Refuses too many, before anything is done for each: facts are looked for in all of an output for every machine.
    private static func check(_ count: Int) throws(RegistrationError) {
        guard count <= limit else {
            throw RegistrationError(.invalid, "The outputs name \(count) servers; \(limit) are the most for one deployment.")
        }
    }

    // MARK: - Where the machines are

    private func servers() throws(RegistrationError) -> [FoundServer] {
        if let found = try records() { return found }
        if let found = try column(OutputNames.addresses) { return found }
        if let found = try prefixed() { return found }
        if let found = try column(OutputNames.privateAddresses) { return found }
        let there = original.values.sorted()
        let rest =
            there.isEmpty
            ? "it has no outputs" : "it has \(there.prefix(8).joined(separator: ", "))\(there.count > 8 ? " …" : "")"
        throw RegistrationError(
            .invalid,
            "Server IP address not found in Terraform outputs: add an output server_ip, or server_ips for several (\(rest))."
        )
    }

    /// `servers = [{ip = "…", id = "…"}]`, `servers = {web = {…}}`, `server = {…}`, or their addresses alone.
    private func records() throws(RegistrationError) -> [FoundServer]? {
        for name in OutputNames.records {
            guard let value = values[name] else { continue }
            switch value {
            case .array(let items) where items.contains { $0.members != nil }:
                try Self.check(items.count)
                var found: [FoundServer] = []
                for (index, item) in items.enumerated() { found.append(try record(item, key: nil, in: "\(spelled(name))[\(index)]")) }
                return found
            case .array(let items) where items.allSatisfy { $0.plainText.map(OutputFacts.address) != nil }:
                return try rows(name, prefix: "")
            case .object(let members):
                if Self.address(in: members) != nil { return [try record(value, key: nil, in: spelled(name))] }
                if members.contains(where: { $0.value.members != nil }) {
                    try Self.check(members.count)
                    var found: [FoundServer] = []
                    for member in members {
                        found.append(try record(member.value, key: member.name, in: "\(spelled(name)).\(member.name)"))
                    }
                    return found
                }
                if !members.isEmpty, members.allSatisfy({ $0.value.plainText.flatMap(OutputFacts.address) != nil }) {
                    return try rows(name, prefix: "")
                }
            default: continue
            }
        }
        return nil
    }

    private func column(_ names: [String]) throws(RegistrationError) -> [FoundServer]? {
        guard let name = names.first(where: { values[$0].map { $0 != .null } ?? false }) else { return nil }
        return try rows(name, prefix: "")
    }

    /// `web_public_ip` and `db_public_ip`: two machines, with facts of the same prefixes.
    private func prefixed() throws(RegistrationError) -> [FoundServer]? {
        var names: [(prefix: String, name: String)] = []
        for name in values.keys.sorted() {
            guard let known = OutputNames.addresses.first(where: { name.hasSuffix("_\($0)") }), values[name] != .null else { continue }
            let prefix = String(name.dropLast(known.count))
            let isForeign = OutputNames.foreignPrefixes.contains(String(prefix.dropLast()))
            if !isForeign, !names.contains(where: { $0.prefix == prefix }) { names.append((prefix, name)) }
            try Self.check(names.count)
        }
        guard !names.isEmpty else { return nil }
        var found: [FoundServer] = []
        for (prefix, name) in names {
            var these = try rows(name, prefix: prefix)
            if these.count == 1, these[0].name == nil { these[0].name = String(prefix.dropLast()) }
            found += these
            try Self.check(found.count)
        }
        return found
    }

    private func spelled(_ name: String) -> String { original[name] ?? name }

    // MARK: - Columns

    private func rows(_ name: String, prefix: String) throws(RegistrationError) -> [FoundServer] {
        let items: [(key: String?, value: JSONValue)] =
            switch OutputColumn(values[name]) {
            case .none: []
            case .one(let value): [(nil, value)]
            case .list(let values): values.map { (nil, $0) }
            case .map(let members): members.map { ($0.name, $0.value) }
            }
        try Self.check(items.count)
        var found: [FoundServer] = []
        for (index, item) in items.enumerated() {
            if item.value.members != nil {
                found.append(try record(item.value, key: item.key, in: spelled(name)))
                continue
            }
            let place = item.key.map { "\(spelled(name)).\($0)" } ?? (items.count == 1 ? spelled(name) : "\(spelled(name))[\(index)]")
            guard let (host, port) = item.value.plainText.flatMap(OutputFacts.address) else {
                throw RegistrationError(
                    .invalid,
                    "The output \(place) is no address of a server; it must be an IP address or a host's name."
                )
            }
            var server = FoundServer(address: host)
            server.name = item.key
            let row = OutputColumn.Row(index: index, count: items.count, key: item.key, aliases: [host, item.value.plainText ?? host])
            try fill(&server, row, prefix: prefix, addresses: spelled(name))
            if let port { server.port = port }
            found.append(server)
        }
        return found
    }

    private func fill(
        _ server: inout FoundServer,
        _ row: OutputColumn.Row,
        prefix: String,
        addresses: String
    ) throws(RegistrationError) {
        var row = row
        func value(_ names: [String], isShared: Bool = false, takesAll: Bool = false) throws(RegistrationError) -> JSONValue? {
            let candidates = names.map { prefix + $0 } + (isShared && !prefix.isEmpty ? names : [])
            guard let name = candidates.first(where: { values[$0].map { $0 != .null } ?? false }) else { return nil }
            do throws(OutputColumn.Mismatch) {
                return try OutputColumn(values[name]).value(for: row, isShared: isShared, takesAll: takesAll)
            } catch {
                throw RegistrationError(
                    .invalid,
                    "The outputs \(addresses) and \(spelled(name)) have \(row.count) and \(error.count) entries; give each server one of both."
                )
            }
        }
        server.instanceID = try value(OutputNames.instanceIDs)?.plainText
        if let id = server.instanceID { row.aliases.append(id) }
        if let name = try value(OutputNames.names)?.plainText { server.name = name }
        server.hostname = try value(OutputNames.hostnames)?.plainText
        server.privateIP = try value(OutputNames.privateAddresses)?.plainText
        server.provider = try value(OutputNames.providers, isShared: true)?.plainText?.lowercased()
        server.region = try value(OutputNames.regions, isShared: true)?.plainText
        if let port = try value(OutputNames.ports, isShared: true) { server.port = try Self.port(port) }
        if let user = try value(OutputNames.users, isShared: true) { server.user = try Self.user(user) }
        if let keys = try value(OutputNames.hostKeys, isShared: true, takesAll: true) { server.hostKeys = try Self.hostKeys(keys, server) }
    }

    // MARK: - Objects

    private static func first(_ names: [String], in members: [JSONValue.Member]) -> JSONValue? {
        for name in names {
            if let found = members.first(where: { OutputNames.normalized($0.name) == name && $0.value != .null }) { return found.value }
        }
        return nil
    }

    private static func address(in members: [JSONValue.Member]) -> (host: String, port: Int?)? {
        let names = OutputNames.addresses + OutputNames.Member.addresses + OutputNames.privateAddresses
        return first(names, in: members)?.plainText.flatMap(OutputFacts.address)
    }

    private func record(_ value: JSONValue, key: String?, in place: String) throws(RegistrationError) -> FoundServer {
        guard let members = value.members, let (host, port) = Self.address(in: members) else {
            throw RegistrationError(.invalid, "The output \(place) holds no address of a server; give it a member ip.")
        }
        func text(_ names: [String]) -> String? { Self.first(names, in: members)?.plainText }
        var server = FoundServer(address: host)
        server.name = text(OutputNames.names + OutputNames.Member.names) ?? key
        server.instanceID = text(OutputNames.instanceIDs + OutputNames.Member.instanceIDs)
        server.hostname = text(OutputNames.hostnames)
        server.privateIP = text(OutputNames.privateAddresses)
        // What is said once, beside the objects, is everybody's.
        let shared = { (names: [String]) -> JSONValue? in
            names.lazy.compactMap { self.values[$0] }.first { $0.array == nil && $0.members == nil && $0 != .null }
        }
        server.provider = (text(OutputNames.providers) ?? shared(OutputNames.providers)?.plainText)?.lowercased()
        server.region = text(OutputNames.regions) ?? shared(OutputNames.regions)?.plainText
        let ports = Self.first(OutputNames.ports + OutputNames.Member.ports, in: members) ?? shared(OutputNames.ports)
        if let ports { server.port = try Self.port(ports) }
        if let port { server.port = port }
        let users = Self.first(OutputNames.users + OutputNames.Member.users, in: members) ?? shared(OutputNames.users)
        if let users { server.user = try Self.user(users) }
        if let keys = Self.first(OutputNames.hostKeys, in: members) { server.hostKeys = try Self.hostKeys(keys, server) }
        return server
    }

    // MARK: - Facts

    private static func port(_ value: JSONValue) throws(RegistrationError) -> Int {
        guard let port = value.plainText.flatMap(OutputFacts.port) else {
            throw RegistrationError(.invalid, "The outputs name an SSH port that is none; it must be a number from 1 to 65535.")
        }
        return port
    }

    private static func user(_ value: JSONValue) throws(RegistrationError) -> String {
        guard let user = value.plainText, OutputFacts.isUser(user) else {
            throw RegistrationError(.invalid, "The outputs name an SSH user that can't be one; give the name of a login, such as ubuntu.")
        }
        return user
    }

    private static func hostKeys(_ value: JSONValue, _ server: FoundServer) throws(RegistrationError) -> [String] {
        let keys = value.texts.flatMap(OutputFacts.hostKeys)
        guard !keys.isEmpty else {
            throw RegistrationError(
                .invalid,
                "The outputs name a host key for \(server.place) that is none; it must look like 'ssh-ed25519 AAAA…', or be left out."
            )
        }
        return keys
    }
}
