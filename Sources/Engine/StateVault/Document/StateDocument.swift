internal import JSON

/// What Slipway needs to know of a Terraform state, without its attributes.
///
/// - SeeAlso: <https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statefile/version4.go>
package struct StateDocument: Sendable, Equatable {
    /// The only format of the state file that Terraform since 0.12 and OpenTofu write.
    package static let formatVersion: Int64 = 4

    /// Grows with each change.
    package let serial: Int64
    /// Names the stack for its whole life.
    package let lineage: String
    /// The program that wrote it, `1.11.4`; empty when it doesn't say.
    package let terraformVersion: String
    /// In the state's order.
    package let outputs: [StateOutput]
    /// Every instance, in the state's order.
    package let resources: [StateResource]

    /// How many things exist: instances of managed resources, deposed ones not counted.
    package var resourceCount: Int { resources.count { $0.isManaged && !$0.isDeposed } }

    /// Reads a state; needs little memory beside the bytes.
    ///
    /// - Throws: ``VaultError/Reason/torn`` when it ends in the middle (empty bytes too), ``VaultError/Reason/malformed(offset:)``,
    ///   ``VaultError/Reason/notAState(missing:)`` or ``VaultError/Reason/unsupportedFormat(version:)``.
    package init(parsing bytes: [UInt8]) throws(VaultError) {
        var scanner = JSONScanner(bytes)
        var format: Int64?
        var serial: Int64?
        var lineage: String?
        var terraformVersion = ""
        var outputs: [StateOutput] = []
        var resources: [StateResource] = []
        guard try scanner.peek() == UInt8(ascii: "{") else {
            try scanner.skip()
            try scanner.end()
            throw VaultError(.notAState(missing: "version"))
        }
        try scanner.object { (scanner, name) throws(VaultError) in
            switch name {
            case "version": format = try scanner.integer()
            case "serial": serial = try scanner.integer()
            case "lineage": lineage = try scanner.string(orNull: ())
            case "terraform_version": terraformVersion = try scanner.string(orNull: ()) ?? ""
            case "outputs": outputs = try StateOutput.all(from: &scanner)
            case "resources": resources = try StateResource.all(from: &scanner)
            default: try scanner.skip()
            }
        }
        try scanner.end()
        guard let format else { throw VaultError(.notAState(missing: "version")) }
        guard format == Self.formatVersion else { throw VaultError(.unsupportedFormat(version: format)) }
        guard let serial else { throw VaultError(.notAState(missing: "serial")) }
        guard let lineage, !lineage.isEmpty else { throw VaultError(.notAState(missing: "lineage")) }
        // Terraform writes a UUID; what is kept in a column and shown in errors must be short text.
        guard lineage.utf8.count <= 200, !lineage.utf8.contains(where: { $0 < 0x20 }) else {
            throw VaultError(.notAState(missing: "usable lineage"))
        }
        self.serial = serial
        self.lineage = lineage
        self.terraformVersion = String(terraformVersion.unicodeScalars.filter { $0.value >= 0x20 }.prefix(100).map(Character.init))
        self.outputs = outputs
        self.resources = resources
    }
}

extension JSONScanner {
    /// Reads a string, or null as nil.
    mutating func string(orNull: Void) throws(VaultError) -> String? {
        guard try peek() != UInt8(ascii: "n") else {
            try skip()
            return nil
        }
        return try string()
    }
}

extension StateOutput {
    static func all(from scanner: inout JSONScanner) throws(VaultError) -> [StateOutput] {
        var outputs: [StateOutput] = []
        guard try scanner.peek() != UInt8(ascii: "n") else {
            try scanner.skip()
            return []
        }
        try scanner.object { (scanner, name) throws(VaultError) in
            var value = "null"
            var type = "\"dynamic\""
            var isSensitive = false
            try scanner.object { (scanner, field) throws(VaultError) in
                switch field {
                case "value": value = try scanner.text()
                case "type": type = try scanner.text()
                case "sensitive": isSensitive = try scanner.boolean()
                default: try scanner.skip()
                }
            }
            outputs.append(StateOutput(name: name.text, value: value, type: type, isSensitive: isSensitive))
        }
        return outputs
    }
}
