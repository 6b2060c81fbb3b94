import Sealing

/// What the command line says.
struct Options: Sendable {
    var targets: [FuzzTarget] = []
    /// Of each target; whichever comes first ends it.
    var seconds: Int?
    var count: Int?
    var seed: UInt64?
    /// The first iteration: with a count of 1 one input is made again.
    var first: UInt64 = 0
    /// This one and no other.
    var input: [UInt8]?
    /// In the process that works: where it says on what.
    var caseFile: String?

    static let usage = """
        usage: slipway-fuzz [TARGET…] [--seconds N] [--count N] [--seed N] [--first N] [--input HEX]
          Tries every target, or the named ones, with mutated inputs: 10 seconds each unless told otherwise.
          What a finding prints makes the same input again: TARGET --seed S --first I --count 1, or TARGET --input HEX.
        targets: \(FuzzTarget.all.map(\.name).joined(separator: " "))
        """

    /// Nil for what makes no sense.
    init?(_ arguments: some Collection<String>) {
        var rest = Array(arguments)[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                guard let target = (FuzzTarget.all + [.broken]).first(where: { $0.name == word }) else { return nil }
                targets.append(target)
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch (word, UInt64(value)) {
            case ("--seconds", let number?): seconds = Int(clamping: number)
            case ("--count", let number?): count = Int(clamping: number)
            case ("--seed", let number?): seed = number
            case ("--first", let number?): first = number
            case ("--case", _): caseFile = value
            case ("--input", _):
                guard let bytes = Hexadecimal.bytes(value) else { return nil }
                (input, count) = (bytes, 1)
            default: return nil
            }
        }
        if targets.isEmpty { targets = FuzzTarget.all }
        if seconds == nil, count == nil { seconds = 10 }
    }
}
