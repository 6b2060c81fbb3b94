/// A random number generator that draws from the one a worker was given.
struct RandomSource: RandomNumberGenerator {
    let next64: @Sendable () -> UInt64
    mutating func next() -> UInt64 { next64() }
}
