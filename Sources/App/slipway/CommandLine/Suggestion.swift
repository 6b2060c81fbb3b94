/// Finds what was meant by a mistyped word.
enum Suggestion {
    /// The candidate with the smallest edit distance, when it is small enough to be a typing error: at most a third of the word, or a prefix.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        let typed = word.lowercased()
        let limit = max(1, typed.count / 3)
        let nearest = candidates.map { (distance(typed, $0.lowercased()), $0) }.min { $0.0 < $1.0 }
        if let nearest, nearest.0 <= limit { return nearest.1 }
        guard typed.count >= 2 else { return nil }
        let longer = candidates.filter { $0.lowercased().hasPrefix(typed) }
        return longer.count == 1 ? longer.first : nil
    }

    /// Words as a sentence lists them, `pull, list or versions`.
    static func list(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
    }

    /// Optimal string alignment: insertions, deletions, replacements and swapped neighbours each count one.
    ///
    /// - SeeAlso: <https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance>
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.prefix(64))
        let right = Array(right.prefix(64))
        var rows = [Array(0...right.count)]
        for (row, character) in left.enumerated() {
            var next = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(rows[row][column] + (character == other ? 0 : 1), rows[row][column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
                    cost = min(cost, rows[row - 1][column - 1] + 1)
                }
                next.append(cost)
            }
            rows.append(next)
        }
        return rows[left.count][right.count]
    }
}
