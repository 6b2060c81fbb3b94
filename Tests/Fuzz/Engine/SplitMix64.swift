/// Random numbers that a seed decides: the same seed gives the same inputs on every machine.
///
/// - SeeAlso: <https://prng.di.unimi.it/splitmix64.c>
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The numbers of one input: each can be made again without those before it.
    init(seed: UInt64, iteration: UInt64) {
        var mixed = SplitMix64(seed: seed)
        state = mixed.next() &+ iteration &* 0xD1B5_4A32_D192_ED03
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var number = state
        number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
        return number ^ (number >> 31)
    }

    /// A number from 0 up to `count`, without it; 0 when that is 0.
    mutating func below(_ count: Int) -> Int { count < 1 ? 0 : Int(next() % UInt64(count)) }

    /// True once in so many times.
    mutating func once(in count: Int) -> Bool { below(count) == 0 }
}
