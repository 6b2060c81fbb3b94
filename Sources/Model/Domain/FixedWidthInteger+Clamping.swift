extension FixedWidthInteger {
    /// The whole number nearest to zero from there; the largest or smallest one for what is beyond it, and 0 for what is no number.
    ///
    /// A plain `Int(value)` ends the process for each of these, and such numbers come from outside.
    package init(clamping value: Double) {
        self = Self(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
    }

    /// The sum; the largest or smallest number where it doesn't fit.
    package func addingClamped(_ other: Self) -> Self {
        let (sum, isTooFar) = addingReportingOverflow(other)
        guard isTooFar else { return sum }
        return other > 0 ? .max : .min
    }
}
