internal import JSON

extension StateResource {
    /// What one entry of an `instances` list says.
    private struct Instance {
        /// `[0]`, `["x"]`, or nothing.
        var key = ""
        var isTainted = false
        var isDeposed = false
    }

    static func all(from scanner: inout JSONScanner) throws(VaultError) -> [StateResource] {
        var resources: [StateResource] = []
        guard try scanner.peek() != UInt8(ascii: "n") else {
            try scanner.skip()
            return []
        }
        try scanner.array { (scanner) throws(VaultError) in
            var module = ""
            var mode = ""
            var type = ""
            var name = ""
            var instances: [Instance] = []
            // Names come in any order: the address is put together at the end.
            try scanner.object { (scanner, field) throws(VaultError) in
                switch field {
                case "module": module = try scanner.string(orNull: ()) ?? ""
                case "mode": mode = try scanner.string(orNull: ()) ?? ""
                case "type": type = try scanner.string(orNull: ()) ?? ""
                case "name": name = try scanner.string(orNull: ()) ?? ""
                case "instances": instances = try Self.instances(from: &scanner)
                default: try scanner.skip()
                }
            }
            guard !type.isEmpty, !name.isEmpty else { throw VaultError(.notAState(missing: "type or name of a resource")) }
            // One piece of memory for each address.
            var address = module
            address.reserveCapacity(module.utf8.count + type.utf8.count + name.utf8.count + 16)
            if !module.isEmpty { address += "." }
            if mode == "data" { address += "data." }
            address += type
            address += "."
            address += name
            for instance in instances {
                resources.append(
                    StateResource(
                        address: address + instance.key,
                        type: type,
                        isManaged: mode == "managed",
                        isTainted: instance.isTainted,
                        isDeposed: instance.isDeposed
                    )
                )
            }
        }
        return resources
    }

    private static func instances(from scanner: inout JSONScanner) throws(VaultError) -> [Instance] {
        var instances: [Instance] = []
        guard try scanner.peek() != UInt8(ascii: "n") else {
            try scanner.skip()
            return []
        }
        try scanner.array { (scanner) throws(VaultError) in
            var instance = Instance()
            try scanner.object { (scanner, field) throws(VaultError) in
                switch field {
                case "index_key": instance.key = try Self.key(from: &scanner)
                case "status": instance.isTainted = try scanner.string(orNull: ()) == "tainted"
                case "deposed": instance.isDeposed = try scanner.string(orNull: ())?.isEmpty == false
                default: try scanner.skip()
                }
            }
            instances.append(instance)
        }
        return instances
    }

    static func key(from scanner: inout JSONScanner) throws(VaultError) -> String {
        switch try scanner.peek() {
        case UInt8(ascii: "\""): "[\(quoted(try scanner.string()))]"
        case UInt8(ascii: "n"): try scanner.string(orNull: ()) ?? ""
        default: "[\(try scanner.integer())]"
        }
    }

    /// As Terraform quotes a key in an address (`toHCLQuotedString`): templates are escaped, and what can't be printed, too.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "$" where rest.first == "{", "%" where rest.first == "{":
                quoted.unicodeScalars.append(scalar)
                quoted.unicodeScalars.append(scalar)
            case _ where scalar.isPrintedByGo: quoted.unicodeScalars.append(scalar)
            default:
                let (digits, width) = (String(scalar.value, radix: 16), scalar.value < 0x10000 ? 4 : 8)
                quoted += (width == 4 ? "\\u" : "\\U") + String(repeating: "0", count: width - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}

extension Unicode.Scalar {
    /// Letters, marks, numbers, punctuation, symbols, and the blank of ASCII.
    ///
    /// - SeeAlso: <https://pkg.go.dev/unicode#IsPrint>
    fileprivate var isPrintedByGo: Bool {
        if value < 0x7F { return value >= 0x20 }
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
