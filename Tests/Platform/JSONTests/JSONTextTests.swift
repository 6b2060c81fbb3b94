import JSON
import Testing

@Suite struct `JSON text` {
    /// What was found, or why not.
    private enum Outcome: Equatable {
        case end(Int)
        case fault(JSONFault)
    }

    private func found(_ bytes: [UInt8]) -> Outcome {
        do throws(JSONFault) { return .end(try JSONText.endOfValue(in: bytes, from: 0)) } catch { return .fault(error) }
    }

    private func expected(_ bytes: [UInt8]) -> Outcome {
        var scanner = PlainScanner(bytes)
        do throws(JSONFault) {
            try scanner.skip()
            return .end(scanner.position)
        } catch {
            return .fault(error)
        }
    }

    /// Every kind of value, escape and scalar, at home in a state.
    private static let state = Array(
        """
        {
          "version": 4, "terraform_version": "1.11.4", "serial": 12, "lineage": "0a1b",
          "outputs": {"address": {"value": "http://\\u00e9xample/\\"a\\"\\\\", "type": "string", "sensitive": true}},
          "resources": [
            {
              "mode": "managed", "type": "aws_instance", "name": "web", "provider": "provider[\\"registry.terraform.io/hashicorp/aws\\"]",
              "instances": [
                {"index_key": "ключ-日本-🦊", "attributes": {"id": "i-0123456789abcdef0123456789abcdef0123456789abcdef", "cores": -0.5e+10,
                  "small": 1E-7, "zero": 0, "list": [[], {}, [null, true, false, 18446744073709551615]], "policy": "{\\n\\t\\"a\\": [1]\\r\\n}"}}
              ]
            }
          ],
          "check_results": null
        }

        """.utf8
    )

    @Test func `ends where the plain scanner ends, at every cut`() {
        for length in 0...Self.state.count {
            let bytes = Array(Self.state.prefix(length))
            #expect(found(bytes) == expected(bytes), "\(length) bytes")
        }
    }

    @Test(arguments: [0, 0x0a, 0x1f, 0x22, 0x2c, 0x5c, 0x7d, 0xbf, 0xed] as [UInt8])
    func `finds every wrong byte that the plain scanner finds`(byte: UInt8) {
        for offset in Self.state.indices {
            var bytes = Self.state
            bytes[offset] = byte
            #expect(found(bytes) == expected(bytes), "\(byte) at \(offset)")
        }
    }

    @Test(arguments: 0..<8) func `agrees with the plain scanner about thousands of damaged states`(seed: UInt64) {
        var random = Steps(state: seed)
        for round in 0..<1500 {
            let bytes = damaged(by: &random)
            #expect(found(bytes) == expected(bytes), "seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test func `takes strings and white space of every length`() throws {
        for length in 0..<140 {
            let string = Array("\"".utf8) + [UInt8](repeating: 0x61, count: length) + Array("\"".utf8)
            for padding in 0..<40 {
                let bytes = [UInt8](repeating: 0x20, count: padding) + string + [UInt8](repeating: 0x0a, count: padding)
                #expect(JSONText.endOfSpace(in: bytes, from: 0) == padding)
                let (end, isEscaped) = try JSONText.endOfString(in: bytes, from: padding)
                #expect(end == padding + length + 2)
                #expect(!isEscaped)
                #expect(JSONText.endOfSpace(in: bytes, from: end) == bytes.count)
            }
        }
        #expect(JSONText.endOfSpace(in: [], from: 0) == 0)
    }

    @Test func `refuses nesting that is too deep, and takes what is not`() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            for depth in [1, 63, 64, 65, 249, 250, 499, 500, 501, 5000] {
                let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                #expect(found(Array(text.utf8)) == expected(Array(text.utf8)), "\(open) \(depth) times")
            }
        }
        #expect(found([UInt8](repeating: 0x5b, count: 1_000_000)) == .fault(.malformed(offset: 500)))
    }

    @Test func `says that a number or a string that begins at the end is torn`() {
        #expect(throws: JSONFault.torn) { try JSONText.endOfString(in: [0x20], from: 1) }
        #expect(throws: JSONFault.torn) { try JSONText.endOfNumber(in: [], from: 0) }
        #expect(throws: JSONFault.torn) { try JSONText.endOfValue(in: [], from: 0) }
    }

    // MARK: - Details

    /// The state with one to four bytes or pieces changed, put in, taken out, repeated or cut off.
    private func damaged(by random: inout Steps) -> [UInt8] {
        var bytes = Self.state
        let structural = Array("{}[]\",:\\ \n\t0-.eE+tfnu".utf8)
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            guard let place = bytes.indices.randomElement(using: &random) else { break }
            let length = min(Int.random(in: 1...40, using: &random), bytes.count - place)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] = structural.randomElement(using: &random) ?? 0
            case 2: bytes.insert(structural.randomElement(using: &random) ?? 0, at: place)
            case 3: bytes.removeSubrange(place..<place + length)
            case 4: bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: bytes.indices.randomElement(using: &random) ?? 0)
            case 5: bytes.insert(contentsOf: [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: length), at: place)
            default: if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeSubrange(place...) }
            }
        }
        return bytes
    }

    /// The same numbers every time (SplitMix64).
    private struct Steps: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }
}
