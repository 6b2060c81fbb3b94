/// A version of Docker, as far as it is compared: `24.0.7`, `20.10`, `20.10.24+dfsg1`.
struct DockerVersion: Sendable, Comparable {
    private let numbers: [Int]

    /// Nil for a text that doesn't begin with a number.
    init?(_ text: String) {
        var numbers: [Int] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard let number = Int(part.prefix { $0.isASCII && $0.isNumber }) else { break }
            numbers.append(number)
            if part.contains(where: { !($0.isASCII && $0.isNumber) }) { break }
        }
        guard !numbers.isEmpty else { return nil }
        self.numbers = numbers
    }

    static func < (left: DockerVersion, right: DockerVersion) -> Bool {
        for index in 0..<max(left.numbers.count, right.numbers.count) {
            let (a, b) = (index < left.numbers.count ? left.numbers[index] : 0, index < right.numbers.count ? right.numbers[index] : 0)
            if a != b { return a < b }
        }
        return false
    }

    static func == (left: DockerVersion, right: DockerVersion) -> Bool { !(left < right) && !(right < left) }
}
