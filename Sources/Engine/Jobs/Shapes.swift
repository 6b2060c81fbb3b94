internal import Storage

extension Array {
    /// Cuts into pieces of 64, 16, 4 and 1, so that statements with a list of rows come in four shapes, which stay prepared.
    var inShapes: [ArraySlice<Element>] {
        var pieces: [ArraySlice<Element>] = []
        var start = startIndex
        while start < endIndex {
            let left = endIndex - start
            let size = left >= 64 ? 64 : left >= 16 ? 16 : left >= 4 ? 4 : 1
            pieces.append(self[start..<(start + size)])
            start += size
        }
        return pieces
    }
}

extension SQL {
    /// Puts parts one after the other, with commas between: the rows of VALUES.
    static func list(_ parts: some Collection<SQL>) -> SQL {
        var interpolation = StringInterpolation(literalCapacity: 2 * parts.count, interpolationCount: parts.count)
        for (index, part) in parts.enumerated() {
            if index > 0 { interpolation.appendLiteral(", ") }
            interpolation.appendInterpolation(sql: part)
        }
        return SQL(stringInterpolation: interpolation)
    }
}
