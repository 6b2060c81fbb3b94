extension Duration {
    /// Whole milliseconds, for C functions that count them in an `int`.
    var milliseconds: Int32 { Int32(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000) }
}
