/// The blocks of a file in Terraform's syntax, with the beginnings of their attributes; nothing is evaluated.
struct HCLOutline {
    struct Block: Equatable {
        /// Type and labels: `resource`, `aws_instance`, `web`.
        var header: [String]
        /// The index of the block it stands in.
        var parent: Int?
        /// The tokens after `=`, up to the end of the line, or of the brackets that are open there.
        var attributes: [String: [HCLTokens.Token]] = [:]

        var type: String { header.first ?? "" }
        var label: String? { header.dropFirst().first }
    }

    private(set) var blocks: [Block] = []

    init(_ bytes: [UInt8]) {
        var tokens = HCLTokens(bytes)
        // For each open brace the block it began; nil for an object's.
        var open: [Int?] = []
        var line: [HCLTokens.Token] = []
        var attribute: (block: Int, name: String, value: [HCLTokens.Token])?
        // Braces and brackets that are open within the attribute's value.
        var nesting = 0

        while let token = tokens.next() {
            if attribute != nil {
                switch token {
                case .open, .left: nesting += 1
                case .close where nesting == 0, .newline where nesting == 0:
                    finish(&attribute)
                    if token == .close { _ = open.popLast() }
                    continue
                case .close, .right: nesting = max(0, nesting - 1)
                default: break
                }
                attribute?.value.append(token)
                continue
            }
            switch token {
            case .equals:
                if let block = open.last ?? nil, case .word(let name)? = line.last { attribute = (block, name, []) }
                if open.isEmpty { attribute = (-1, "", []) }
                nesting = 0
                line = []
            case .open:
                let header = line.compactMap(\.text)
                open.append(header.isEmpty ? nil : blocks.count)
                if !header.isEmpty { blocks.append(Block(header: header, parent: open.dropLast().last ?? nil)) }
                line = []
            case .close:
                _ = open.popLast()
                line = []
            case .newline: line = []
            case .word, .string, .other, .dot, .left, .right: line.append(token)
            }
        }
        finish(&attribute)
    }

    private mutating func finish(_ attribute: inout (block: Int, name: String, value: [HCLTokens.Token])?) {
        if let done = attribute, blocks.indices.contains(done.block) { blocks[done.block].attributes[done.name] = done.value }
        attribute = nil
    }

    /// The blocks of that type at the top level.
    func top(_ type: String) -> [Block] { blocks.filter { $0.parent == nil && $0.type == type } }

    /// The blocks directly inside blocks of that type at the top level.
    func inside(_ type: String) -> [Block] {
        blocks.filter { block in
            guard let parent = block.parent else { return false }
            return blocks[parent].parent == nil && blocks[parent].type == type
        }
    }
}

extension HCLTokens.Token {
    /// The text of a word or string.
    var text: String? {
        switch self {
        case .word(let text), .string(let text): text
        default: nil
        }
    }
}
