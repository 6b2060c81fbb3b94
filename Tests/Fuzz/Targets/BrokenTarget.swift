extension FuzzTarget {
    /// A reader with every fault that is looked for, chosen by an input's first byte: the watch over the others is tried with it.
    ///
    /// It is none of ``all``.
    static let broken = FuzzTarget("broken", corpus: [[0]]) { input in
        switch input.first {
        case UInt8(ascii: "t"): _ = input[input.count]
        case UInt8(ascii: "h"): while !input.isEmpty {}
        case UInt8(ascii: "m"):
            var pieces: [[UInt8]] = []
            while !input.isEmpty { pieces.append([UInt8](repeating: 1, count: 16 << 20)) }
        case UInt8(ascii: "w"): throw Finding(description: "wrong")
        default: break
        }
    }
}
