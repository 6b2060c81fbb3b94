internal import JSON
internal import Sealing

/// The resources and outputs of a state as digests: enough to see what differs, and no value of any.
struct StateContent {
    struct Resource: Equatable {
        /// By name; of the value as written, without white space.
        var attributes: [String: [UInt8]] = [:]
        var sensitive: Set<String> = []
        var isTainted = false
    }

    struct Output: Equatable {
        let digest: [UInt8]
        let isSensitive: Bool
    }

    /// By address; a deposed object's has its key behind it.
    private(set) var resources: [String: Resource] = [:]
    private(set) var outputs: [String: Output] = [:]

    init(parsing bytes: [UInt8]) throws(VaultError) {
        var scanner = JSONScanner(bytes)
        var resources: [String: Resource] = [:]
        var outputs: [String: Output] = [:]
        try scanner.object { (scanner, name) throws(VaultError) in
            switch name {
            case "resources" where try scanner.peek() == UInt8(ascii: "["):
                try scanner.array { (scanner) throws(VaultError) in try Self.read(&scanner, into: &resources) }
            case "outputs":
                for output in try StateOutput.all(from: &scanner) {
                    let text = Array("\(output.type) \(output.value)".utf8)
                    outputs[output.name] = Output(digest: Self.digest(text[...]), isSensitive: output.isSensitive)
                }
            default: try scanner.skip()
            }
        }
        self.resources = resources
        self.outputs = outputs
    }

    // MARK: - Details

    private static func read(_ scanner: inout JSONScanner, into resources: inout [String: Resource]) throws(VaultError) {
        var (module, mode, type, name) = ("", "", "", "")
        var instances: [(key: String, resource: Resource)] = []
        try scanner.object { (scanner, field) throws(VaultError) in
            switch field {
            case "module": module = try scanner.string(orNull: ()) ?? ""
            case "mode": mode = try scanner.string(orNull: ()) ?? ""
            case "type": type = try scanner.string(orNull: ()) ?? ""
            case "name": name = try scanner.string(orNull: ()) ?? ""
            case "instances" where try scanner.peek() == UInt8(ascii: "["):
                try scanner.array { (scanner) throws(VaultError) in instances.append(try instance(from: &scanner)) }
            default: try scanner.skip()
            }
        }
        let address = (module.isEmpty ? "" : module + ".") + (mode == "data" ? "data." : "") + "\(type).\(name)"
        for instance in instances { resources[address + instance.key] = instance.resource }
    }

    private static func instance(from scanner: inout JSONScanner) throws(VaultError) -> (key: String, resource: Resource) {
        var resource = Resource()
        var (key, deposed) = ("", "")
        try scanner.object { (scanner, field) throws(VaultError) in
            switch field {
            case "index_key": key = try StateResource.key(from: &scanner)
            case "status": resource.isTainted = try scanner.string(orNull: ()) == "tainted"
            case "deposed": deposed = try scanner.string(orNull: ()) ?? ""
            case "attributes" where try scanner.peek() == UInt8(ascii: "{"):
                try scanner.object { (scanner, name) throws(VaultError) in
                    resource.attributes[name.text] = digest(try scanner.slice())
                }
            case "sensitive_attributes" where try scanner.peek() == UInt8(ascii: "["):
                try scanner.array { (scanner) throws(VaultError) in
                    if let name = try firstStep(from: &scanner) { resource.sensitive.insert(name) }
                }
            default: try scanner.skip()
            }
        }
        return (key + (deposed.isEmpty ? "" : " (deposed \(deposed))"), resource)
    }

    /// The attribute that a path of steps begins with: `[{"type":"get_attr","value":"password"},…]`.
    private static func firstStep(from scanner: inout JSONScanner) throws(VaultError) -> String? {
        var first: String?
        var isFirst = true
        guard try scanner.peek() == UInt8(ascii: "[") else {
            try scanner.skip()
            return nil
        }
        try scanner.array { (scanner) throws(VaultError) in
            guard isFirst, try scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
            isFirst = false
            try scanner.object { (scanner, field) throws(VaultError) in
                guard case "value" = field, try scanner.peek() == UInt8(ascii: "\"") else { return try scanner.skip() }
                first = try scanner.string()
            }
        }
        return first
    }

    /// SHA-256 without the white space between values: Terraform indents what others don't.
    private static func digest(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        var (isInString, isEscaped) = (false, false)
        for byte in text {
            if isInString {
                plain.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte != 0x20, byte != 0x0a, byte != 0x0d, byte != 0x09 {
                plain.append(byte)
                isInString = byte == UInt8(ascii: "\"")
            }
        }
        return SHA256.hash(plain)
    }
}
