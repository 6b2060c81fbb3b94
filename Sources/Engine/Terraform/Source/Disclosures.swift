/// What a root module shows on purpose: the values that its outputs put through `nonsensitive(…)`, directly or in a local.
///
/// Read from the source alone; nothing is evaluated. A call in a heredoc or in a child module is not seen, so that what it shows stays hidden.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/language/functions/nonsensitive>
package struct Disclosures: Sendable, Hashable {
    /// What one output shows on purpose.
    package struct Disclosure: Sendable, Hashable {
        /// Variables within the call, by name.
        package fileprivate(set) var variables: Set<String> = []
        /// Something else is within the call, too: a resource's attribute, a module's output.
        package fileprivate(set) var hasOther = false

        fileprivate mutating func add(_ other: Disclosure) {
            variables.formUnion(other.variables)
            hasOther = hasOther || other.hasOther
        }
    }

    /// An expression as its tokens.
    typealias Expression = [HCLTokens.Token]

    private var outputs: [String: Expression] = [:]
    private var locals: [String: Expression] = [:]

    init() {}

    /// How much is read for all outputs together, in tokens: a configuration that is made to be read for ever shows nothing on purpose.
    package static let effort = 2_000_000

    /// What an output shows on purpose.
    ///
    /// - Parameters:
    ///   - name: The output's.
    ///   - effort: What is left of ``effort``; is made less.
    /// - Returns: Nil: nothing, or it would take too long to tell.
    package func disclosure(of name: String, effort: inout Int) -> Disclosure? {
        guard let expression = outputs[name] else { return nil }
        var seen: Set<String> = []
        let found = disclosure(in: expression, &seen, &effort)
        return effort <= 0 || found == Disclosure() ? nil : found
    }

    // MARK: - Reading

    /// Takes a `.tf` file of the root module.
    mutating func add(_ outline: HCLOutline) {
        for block in outline.top("output") {
            if let name = block.label, let value = block.attributes["value"] { outputs[name] = value }
        }
        for block in outline.top("locals") { locals.merge(block.attributes) { _, last in last } }
    }

    /// Takes an output of a `.tf.json` file, whose texts are templates.
    mutating func add(output name: String, _ value: JSONValue) { outputs[name] = Self.expression(value) }

    /// Takes a local of a `.tf.json` file.
    mutating func add(local name: String, _ value: JSONValue) { locals[name] = Self.expression(value) }

    private static func expression(_ value: JSONValue) -> Expression {
        switch value {
        case .string(let text): [.string(text)]
        case .array(let values): values.flatMap(expression)
        case .object(let members): members.flatMap { expression($0.value) }
        default: []
        }
    }

    // MARK: - Looking

    /// What the calls in an expression show, and those in the locals that it names.
    private func disclosure(in expression: Expression, _ seen: inout Set<String>, _ effort: inout Int) -> Disclosure {
        var found = Disclosure()
        let tokens = Self.flat(expression, &effort)
        for index in tokens.indices where effort > 0 {
            if tokens[index] == .word("nonsensitive"), index + 1 < tokens.count, tokens[index + 1] == .left {
                var known: Set<String> = []
                found.add(references(in: Self.argument(of: tokens, from: index + 2), &known, &effort))
            }
            guard let name = Self.name(after: "local", at: index, in: tokens), seen.insert(name).inserted else { continue }
            found.add(disclosure(in: locals[name] ?? [], &seen, &effort))
        }
        return found
    }

    /// Everything that an expression names: all of it is shown.
    private func references(in tokens: Expression, _ seen: inout Set<String>, _ effort: inout Int) -> Disclosure {
        var found = Disclosure()
        effort -= tokens.count
        for index in tokens.indices where effort > 0 {
            // The name of an attribute belongs to what stands before it.
            guard case .word(let word) = tokens[index], index == 0 || tokens[index - 1] != .dot else { continue }
            if let name = Self.name(after: "var", at: index, in: tokens) {
                found.variables.insert(name)
            } else if let name = Self.name(after: "local", at: index, in: tokens) {
                if seen.insert(name).inserted { found.add(references(in: Self.flat(locals[name] ?? [], &effort), &seen, &effort)) }
            } else {
                let isFunction = index + 1 < tokens.count && tokens[index + 1] == .left
                if !isFunction, !["true", "false", "null"].contains(word), Int(word) == nil { found.hasOther = true }
            }
        }
        return found
    }

    /// The name in `var.name`, when it begins there.
    private static func name(after root: String, at index: Int, in tokens: Expression) -> String? {
        guard tokens[index] == .word(root), index + 2 < tokens.count, tokens[index + 1] == .dot, case .word(let name) = tokens[index + 2]
        else { return nil }
        return name
    }

    /// The tokens up to the parenthesis that ends the call.
    private static func argument(of tokens: Expression, from start: Int) -> Expression {
        var depth = 1
        for index in start..<max(start, tokens.count) {
            if tokens[index] == .left { depth += 1 }
            if tokens[index] == .right { depth -= 1 }
            if depth == 0 { return Array(tokens[start..<index]) }
        }
        return []
    }

    /// With the expressions that stand in its texts (`"${…}"`) in their place, as if they were in parentheses.
    private static func flat(_ expression: Expression, _ effort: inout Int, depth: Int = 0) -> Expression {
        guard depth < 20 else { return [] }
        var flattened: Expression = []
        effort -= expression.count
        for token in expression where effort > 0 {
            guard case .string(let text) = token else {
                flattened.append(token)
                continue
            }
            effort -= text.utf8.count / 4
            for template in templates(in: Array(text.utf8)) {
                var tokens = HCLTokens(template)
                var found: Expression = [.left]
                while let token = tokens.next() { found.append(token) }
                flattened += flat(found, &effort, depth: depth + 1) + [.right]
            }
        }
        return flattened
    }

    /// The insides of a text's `${…}` and `%{…}`.
    private static func templates(in bytes: [UInt8]) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var index = 0
        while index + 1 < bytes.count {
            let isOpening = bytes[index] == UInt8(ascii: "$") || bytes[index] == UInt8(ascii: "%")
            guard isOpening, bytes[index + 1] == UInt8(ascii: "{") else {
                index += 1
                continue
            }
            if index > 0, bytes[index - 1] == bytes[index] {
                // `$${` is no template.
                index += 2
                continue
            }
            let start = index + 2
            var (depth, isQuoted) = (1, false)
            index = start
            while index < bytes.count, depth > 0 {
                switch bytes[index] {
                case UInt8(ascii: "\\") where isQuoted: index += 1
                case UInt8(ascii: "\""): isQuoted.toggle()
                case UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: "}"): depth -= 1
                default: break
                }
                index += 1
            }
            guard depth == 0 else { return found }
            found.append(Array(bytes[start..<(index - 1)]))
        }
        return found
    }
}
