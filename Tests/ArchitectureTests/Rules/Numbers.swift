/// Numbers that end the process when they are too large: one line of a run's output or one field of a request must not be able to.
///
/// Two rules that can be seen in a line of code:
/// - everywhere, a floating-point number becomes a whole one by `Int(clamping:)` or `Int(exactly:)`; a plain `Int(value)` traps;
/// - where numbers from outside are handled, no plain `+`, `-` or `*` stands beside one of them, but `addingClamped(_:)` or another that
///   reports an overflow. Where the sum can't overflow, a comment on the line or above it says "can't overflow", and why.
enum Numbers {
    /// Where lines, documents and requests from outside are taken apart and shown.
    private static let outside = [
        "Sources/Engine/Terraform/Events/", "Sources/Engine/Terraform/Progress/", "Sources/Engine/Terraform/Diagnostics/",
        "Sources/Engine/StateVault/", "Sources/Platform/WebServer/HTTP/", "Sources/Platform/JSON/", "Sources/App/API/",
        "Sources/App/slipway/Live/DiagnosticBox.swift", "Sources/App/slipway/Live/PlainView.swift", "Sources/App/slipway/Commands/",
        "Sources/Features/Provisioning/", "Sources/Model/Domain/",
    ]

    /// Names of numbers that whoever writes a state, an event or a request chooses.
    private static let names = [
        "serial", "lineNumber", "line", "column", "elapsed", "elapsedSeconds", "timeoutSeconds", "expiresInSeconds", "add", "change",
        "destroy",
        "imported", "int",
    ]

    /// What only a floating-point number has in it.
    private static let floating = [
        ".rounded(", "Double(", "timeInterval", "TimeInterval", "/ .seconds(", "/ .milliseconds(", "/ .microseconds(", "inSeconds",
        "* 1000.0",
    ]
    private static let floatingNames: Set<Substring> = [
        "double", "seconds", "interval", "share", "quantile", "elapsedSeconds", "perSecond",
    ]

    static func violations(in file: SourceFile) -> [Violation] {
        let isOutside = outside.contains { file.path.hasPrefix($0) }
        return file.code.enumerated().flatMap { index, code -> [Violation] in
            var messages: [String] = []
            if code.utf8.contains(UInt8(ascii: "(")), convertsPlainly(code) {
                messages.append("a floating-point number that is too large ends the process here: use `Int(clamping:)` or `Int(exactly:)`")
            }
            if isOutside, let name = name(inPlainArithmeticOf: code), !isExplained(file, index) {
                messages.append("'\(name)' comes from outside and can overflow: use `addingClamped(_:)`, or say why it can't overflow")
            }
            return messages.map { Violation(path: file.path, line: index + 1, message: $0) }
        }
    }

    // MARK: - Conversions

    /// Whether `Int(…)`, `Int64(…)` and the like is given something floating, without a label that says how.
    private static func convertsPlainly(_ code: Substring) -> Bool {
        var rest = code
        while let start = rest.firstRange(of: "Int") {
            let before = start.lowerBound > code.startIndex ? code[code.index(before: start.lowerBound)] : " "
            rest = rest[start.upperBound...]
            let opening = rest.drop { "0123456789".contains($0) }
            guard opening.first == "(", before == "U" || !(before.isLetter || before.isNumber || before == "_" || before == ".") else {
                continue
            }
            if isFloating(argument(opening.dropFirst())) { return true }
        }
        return false
    }

    /// Up to the parenthesis that closes it, or the end of the line.
    private static func argument(_ code: Substring) -> Substring {
        var depth = 0
        return code.prefix { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return depth >= 0
        }
    }

    private static func isFloating(_ argument: Substring) -> Bool {
        let label = argument.prefix { $0.isLetter }
        guard argument.dropFirst(label.count).first != ":" else { return false }
        // Those of a duration are whole.
        if argument.contains("components.") { return false }
        return floating.contains { argument.contains($0) } || words(of: argument).contains { floatingNames.contains($0) }
    }

    // MARK: - Arithmetic

    /// The name that stands beside a plain operator: `line + offset`, `1 + state.serial`, `serial += 1`, `line.map { $0 + offset }`.
    private static func name(inPlainArithmeticOf code: Substring) -> Substring? {
        for place in code.indices where "+-*".contains(code[place]) {
            let (left, right) = (code[..<place], code[code.index(after: place)...].drop { $0 == "=" })
            // As the formatter writes operators; `&+`, `->` and a sign before a number are others.
            guard left.last == " ", right.first == " " else { continue }
            let (before, after) = (operand(endingAt: left.dropLast()), right.dropFirst().prefix { isOfPath($0) || $0 == "(" })
            // Texts are joined with the same sign.
            if left.dropLast().last == "\"" || right.dropFirst().first == "\"" { continue }
            if let name = outsider(in: before) ?? outsider(in: after) { return name }
            // A closure's own name for what it is given.
            if before == "$0" || after == "$0", let map = left.ranges(of: "map {").last,
                let name = outsider(in: receiver(left[..<map.lowerBound]))
            {
                return name
            }
        }
        return nil
    }

    /// A path such as `state.document?.serial`, or all of `(line ?? 0)` and `max(a, b.serial)`, which are as large as what is in them.
    private static func operand(endingAt code: Substring) -> Substring {
        guard code.last == ")" else { return code.suffix(while: isOfPath) }
        var (depth, isOver) = (0, false)
        let group = code.suffix { character in
            if isOver { return false }
            if character == ")" { depth += 1 }
            if character == "(" { depth -= 1 }
            isOver = depth == 0
            return true
        }
        let function = code[..<group.startIndex].suffix(while: isOfPath)
        return ["", "max", "min", "abs"].contains(function) ? group : ""
    }

    /// What `map` is called on.
    private static func receiver(_ code: Substring) -> Substring {
        let path = code.suffix(while: isOfPath)
        return path.hasSuffix(".") || path.hasSuffix(".flat") || path.hasSuffix(".compact")
            ? path[..<(path.lastIndex(of: ".") ?? path.endIndex)] : ""
    }

    private static func isOfPath(_ character: Character) -> Bool { character.isLetter || character.isNumber || "_.?!$".contains(character) }

    /// The name in an operand; a call's result is another number.
    private static func outsider(in operand: Substring) -> Substring? {
        if operand.hasSuffix("(") { return nil }
        guard operand.hasPrefix("(") else { return lastName(operand) }
        return operand.split { !isOfPath($0) }.lazy.compactMap(lastName).first
    }

    private static func lastName(_ path: Substring) -> Substring? {
        path.split { ".?!".contains($0) }.last.flatMap { names.contains(String($0)) ? $0 : nil }
    }

    /// Words made of letters, digits and underscores.
    private static func words(of code: Substring) -> [Substring] { code.split { !($0.isLetter || $0.isNumber || $0 == "_") } }

    private static func isExplained(_ file: SourceFile, _ index: Int) -> Bool {
        file.lines[max(0, index - 1)...index].contains { $0.contains("can't overflow") }
    }
}

extension Substring {
    /// The longest end of it whose characters, from the last one on, fulfil the condition.
    fileprivate func suffix(while isPart: (Character) -> Bool) -> Substring {
        var start = endIndex
        while start > startIndex, isPart(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}
