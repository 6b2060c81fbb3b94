/// Terraform states that look like real ones: as Terraform indents them, five kinds of resources, ids and keys that no compression shrinks.
struct MadeState {
    /// What a resource takes on average: 15,000 of them are 100 MB.
    static let bytesPerResource = 6667

    /// Everything behind the serial.
    private let rest: [UInt8]
    let resourceCount: Int

    /// Makes a state of about `size` bytes.
    ///
    /// - Parameters:
    ///   - size: In bytes; one resource at least.
    ///   - changed: One resource in so many has another value than it has without.
    init(size: Int, changed: Int? = nil) {
        // The same every time, so that figures of two runs are of the same bytes.
        var random = Steps(state: 1)
        resourceCount = max(1, size / Self.bytesPerResource)
        var bytes = Array(
            """
            ,
              "lineage": "3f2a9c1e-7b64-4d05-9e1f-5a8c0d2b7e46",
              "outputs": {
                "address": {
                  "value": "web-0.example.com",
                  "type": "string"
                }
              },
              "resources": [

            """.utf8
        )
        let target = size - 150
        for number in 0..<resourceCount {
            let isChanged = changed.map { number % $0 == 0 } ?? false
            var resource = MadeResource(number: number, isChanged: isChanged, random: &random)
            resource.fill(to: target * (number + 1) / resourceCount - bytes.count, random: &random)
            bytes += Array(resource.text.utf8)
            bytes += Array((number + 1 < resourceCount ? ",\n" : "\n").utf8)
        }
        rest = bytes + Array("  ],\n  \"check_results\": null\n}\n".utf8)
    }

    func bytes(serial: Int) -> [UInt8] {
        Array("{\n  \"version\": 4,\n  \"terraform_version\": \"1.11.4\",\n  \"serial\": \(serial)".utf8) + rest
    }

    /// SplitMix64.
    struct Steps: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }

        mutating func hex(_ count: Int) -> String { text(count, Array("0123456789abcdef".utf8)) }

        mutating func base64(_ count: Int) -> String {
            text(count, Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8))
        }

        private mutating func text(_ count: Int, _ letters: [UInt8]) -> String {
            String(decoding: (0..<count).map { _ in letters[Int(next() % UInt64(letters.count))] }, as: UTF8.self)
        }
    }
}
