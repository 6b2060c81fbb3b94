internal import Synchronization

/// Makes ids that differ within a server's life and, but for chance, from those of every other.
final class RequestIDs: Sendable {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    /// 36 to the power of 8.
    private static let range: UInt64 = 2_821_109_907_456

    private let prefix: [UInt8]
    private let counter: Atomic<UInt64>

    init() {
        var random = SystemRandomNumberGenerator()
        prefix = Self.digits(of: random.next(upperBound: Self.range), count: 7)
        counter = Atomic(0)
    }

    /// 15 characters, which a string holds without memory of its own.
    func next() -> String {
        let number = counter.add(1, ordering: .relaxed).newValue
        return String(unsafeUninitializedCapacity: 15) { buffer in
            for index in 0..<7 { buffer[index] = prefix[index] }
            var rest = number
            for index in stride(from: 14, through: 7, by: -1) {
                buffer[index] = Self.digits[Int(rest % 36)]
                rest /= 36
            }
            return 15
        }
    }

    /// Whether another server's id can be taken over: nothing in it may break a log line or a header.
    static func isSane(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    private static func digits(of number: UInt64, count: Int) -> [UInt8] {
        var rest = number
        return (0..<count).map { _ in
            defer { rest /= 36 }
            return digits[Int(rest % 36)]
        }
    }
}
