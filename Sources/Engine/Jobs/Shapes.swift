internal import Storage

extension Array {
    /// Cuts into pieces of 64, 8 and 1, so that statements with a list of rows come in three shapes, which stay prepared.
    var inShapes: [ArraySlice<Element>] {
        var pieces: [ArraySlice<Element>] = []
        var start = startIndex
        while start < endIndex {
            let left = endIndex - start
            let size = left >= 64 ? 64 : left >= 8 ? 8 : 1
            pieces.append(self[start..<(start + size)])
            start += size
        }
        return pieces
    }
}

extension Sequence where Element == SQL {
    /// Puts commas between.
    var joined: SQL {
        var all: SQL?
        for part in self { all = all.map { "\(sql: $0), \(sql: part)" } ?? part }
        return all ?? "NULL"
    }
}
