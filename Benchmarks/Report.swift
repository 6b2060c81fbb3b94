import Glibc

/// The table that a run prints, row by row as it is measured.
struct Report: Sendable {
    /// What a figure should be.
    enum Aim: Sendable {
        case atMost(Double)
        case atLeast(Double)
        /// Printed for comparison.
        case none

        func isMet(by value: Double) -> Bool? {
            switch self {
            case .atMost(let limit): value <= limit
            case .atLeast(let limit): value >= limit
            case .none: nil
            }
        }
    }

    private static let widths = [58, 12, 22, 12]

    func head() {
        Self.print(Self.row(["what", "measured", "smallest..largest", "aim", ""]))
        Self.print(String(repeating: "-", count: 112))
    }

    /// One figure: the samples' median, or the given value of them, with so many places after the decimal point.
    func row(_ what: String, _ samples: Samples, value: Double? = nil, unit: String, places: Int = 0, aim: Aim = .none) {
        let value = value ?? samples.median
        let aimText =
            switch aim {
            case .atMost(let limit): "<= \(Self.number(limit, places)) \(unit)"
            case .atLeast(let limit): ">= \(Self.number(limit, places)) \(unit)"
            case .none: ""
            }
        let verdict = aim.isMet(by: value).map { $0 ? "met" : "MISSED" } ?? ""
        Self.print(
            Self.row([
                what, "\(Self.number(value, places)) \(unit)",
                "\(Self.number(samples.smallest, places))..\(Self.number(samples.largest, places)) (\(samples.count))", aimText, verdict,
            ])
        )
    }

    /// What is left out, and why.
    func skipped(_ what: String, _ why: String) { Self.print("\(what): \(why)") }

    /// At once, for someone may wait for it at the other end of a pipe.
    private static func print(_ text: String) {
        Swift.print(text)
        fflush(nil)
    }

    private static func row(_ cells: [String]) -> String {
        zip(cells, widths + [0]).map { cell, width in cell + String(repeating: " ", count: max(1, width - cell.count)) }.joined()
    }

    static func number(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "-" }
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((value * Double(scale)).rounded())
        guard places > 0 else { return "\(scaled)" }
        let fraction = String(abs(scaled) % scale)
        return "\(scaled < 0 ? "-" : "")\(abs(scaled) / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}
