/// A version number: `1.11.4`, `1.9.0-beta1`.
package struct TerraformVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let numbers: [Int]
    /// What follows the first hyphen; a version with one comes before the same without.
    package let prerelease: String?
    package let description: String

    /// Reads 1 to 4 numbers and an optional pre-release; what follows a `+` is kept in the text but means nothing.
    ///
    /// Nil also for characters that semantic versions don't have: a version becomes part of paths and of configurations.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy(Self.isPart) else { return nil }
        let plain = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = plain.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...4).contains(numbers.count), numbers.allSatisfy({ ($0 ?? -1) >= 0 }) else { return nil }
        self.numbers = numbers.compactMap(\.self)
        prerelease = parts.count > 1 ? String(parts[1]) : nil
        description = text
    }

    package static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(Array(numbers.reversed().drop { $0 == 0 }))
        hasher.combine(prerelease)
    }

    package static func < (left: Self, right: Self) -> Bool {
        for index in 0..<max(left.numbers.count, right.numbers.count) {
            let (mine, theirs) = (left.number(index), right.number(index))
            if mine != theirs { return mine < theirs }
        }
        switch (left.prerelease, right.prerelease) {
        case (nil, _): return false
        case (_?, nil): return true
        case (let mine?, let theirs?): return precedes(mine, theirs)
        }
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"):
            true
        default: false
        }
    }

    private func number(_ index: Int) -> Int { index < numbers.count ? numbers[index] : 0 }

    /// Semantic Versioning 2.0.0, section 11: parts between dots; numbers by value and before words.
    private static func precedes(_ mine: String, _ theirs: String) -> Bool {
        let (left, right) = (mine.split(separator: "."), theirs.split(separator: "."))
        for (one, other) in zip(left, right) where one != other {
            switch (Int(one), Int(other)) {
            case (let one?, let other?): if one != other { return one < other }
            case (_?, nil): return true
            case (nil, _?): return false
            case (nil, nil): return one < other
            }
        }
        return left.count < right.count
    }
}
