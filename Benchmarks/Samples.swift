/// What one quantity was measured as, in any unit.
struct Samples: Sendable {
    private(set) var values: [Double]

    init(_ values: [Double] = []) { self.values = values.sorted() }

    mutating func add(_ value: Double) { self = Samples(values + [value]) }

    var isEmpty: Bool { values.isEmpty }
    var count: Int { values.count }
    var smallest: Double { values.first ?? .nan }
    var largest: Double { values.last ?? .nan }

    /// For what is counted in coarse steps.
    var mean: Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }

    /// The middle one, or the mean of the two in the middle.
    var median: Double {
        guard !values.isEmpty else { return .nan }
        let half = values.count / 2
        return values.count % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2
    }

    /// The smallest that at least this share of all doesn't exceed; 0.99 for the 99th percentile.
    func percentile(_ share: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let rank = Int((share * Double(values.count)).rounded(.up))
        return values[min(max(rank, 1), values.count) - 1]
    }

    /// Each sample of `self` combined with the one of `other` that was measured beside it.
    static func pairwise(_ first: [Double], _ second: [Double], _ combine: (Double, Double) -> Double) -> Samples {
        Samples(zip(first, second).map(combine))
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
    var milliseconds: Double { seconds * 1000 }
}
