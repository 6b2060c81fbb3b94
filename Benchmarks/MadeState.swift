import FoundationEssentials
import Host

/// Terraform states of any size: the one that a real stack left, again and again, each time with other ids and keys.
///
/// The stack has 20 resources of 19 types in 57 KB; it was applied with the AWS provider 5.100 against moto. Each copy is a module's
/// instance, as `module "stack" { count = … }` makes them, with the resources in another order. What looks like an id or a key
/// (hexadecimal, capitals with digits, Base64 of 32 bytes) is random, and names end in random digits, so that a state compresses no better
/// than real ones.
struct MadeState {
    /// From the project's folder, where `scripts/bench.sh` goes.
    private static let fixture = "Benchmarks/Fixtures/stack.tfstate"
    private static let head = "{\n  \"version\": 4,\n  \"terraform_version\": \"1.11.4\",\n  \"serial\": "

    /// Everything behind the serial.
    private let rest: [UInt8]
    let resourceCount: Int

    /// Makes a state of `size` bytes, less what of the next resource finds no room.
    ///
    /// - Parameters:
    ///   - size: In bytes.
    ///   - revision: Another one has another tag in every tenth copy.
    /// - Throws: When the stack's state is missing.
    init(size: Int, revision: Int = 1) throws {
        let text = String(decoding: try FileSystem.read(Self.fixture), as: UTF8.self)
        let entries = Self.entries(of: text)
        guard entries.count == 20 else { throw Rig.Failure(description: "\(Self.fixture) has \(entries.count) resources.") }
        let resources = entries.map(Template.init)
        // The same every time, so that the figures of two runs are of the same bytes.
        var random = Steps(state: 1)
        var bytes = Array(",\n  \"lineage\": \"3f2a9c1e-7b64-4d05-9e1f-5a8c0d2b7e46\",\n  \"outputs\": {},\n  \"resources\": [\n".utf8)
        let tail = Array("\n  ],\n  \"check_results\": null\n}\n".utf8)
        let room = size - Self.head.utf8.count - tail.count - 10
        var (copy, count) = (0, 0)
        making: while true {
            var names: [String: [UInt8]] = [:]
            for resource in resources.shuffled(using: &random) {
                let made = resource.bytes(copy: copy, tag: copy % 10 == 0 ? 4710 + revision : 4711, names: &names, random: &random)
                if count > 0 && bytes.count + made.count + 2 > room { break making }
                if count > 0 { bytes += Array(",\n".utf8) }
                bytes += made
                count += 1
            }
            copy += 1
        }
        rest = bytes + tail
        resourceCount = count
    }

    func bytes(serial: Int) -> [UInt8] { Array("\(Self.head)\(serial)".utf8) + rest }

    /// The texts of the resources: Terraform indents each by four spaces.
    private static func entries(of text: String) -> [String] {
        var entries: [String] = []
        var lines: [Substring] = []
        for line in text.split(separator: "\n") {
            if line == "    {" { lines = [] }
            lines.append(line)
            if line == "    }," || line == "    }" {
                entries.append(lines.dropLast().joined(separator: "\n") + "\n    }")
            }
        }
        return entries
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
    }

    /// One resource's text, with gaps where ids and keys stand.
    private struct Template {
        private enum Piece {
            case text([UInt8])
            case gap(String, letters: [UInt8])
            case name([UInt8])
            case tag
        }

        private let pieces: [Piece]

        private static let hexadecimal = Array("0123456789abcdef".utf8)
        private static let capitals = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        private static let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

        init(_ text: String) {
            var pieces: [Piece] = []
            var plain: [UInt8] = []
            var word: [UInt8] = []
            func end() {
                let name = String(decoding: word, as: UTF8.self)
                let hasBoth = word.contains { $0 <= UInt8(ascii: "9") } && word.contains { $0 > UInt8(ascii: "9") }
                var gap: Piece?
                if name == "4711" {
                    gap = .tag
                } else if ["web", "app", "data"].contains(name) {
                    gap = .name(word)
                } else if hasBoth, word.count >= 8, word.allSatisfy(Self.hexadecimal.contains) {
                    gap = .gap(name, letters: Self.hexadecimal)
                } else if hasBoth, word.count >= 12, word.allSatisfy(Self.capitals.contains) {
                    gap = .gap(name, letters: Self.capitals)
                } else if word.count == 43 {
                    gap = .gap(name, letters: Self.base64)
                }
                if let gap {
                    pieces += [.text(plain), gap]
                    plain = []
                } else {
                    plain += word
                }
                word = []
            }
            for byte in text.utf8 {
                if Self.base64.contains(byte) {
                    word.append(byte)
                } else {
                    end()
                    plain.append(byte)
                }
            }
            end()
            self.pieces = pieces + [.text(plain)]
        }

        /// The text of one copy; an id that was random before in the same copy is the same again.
        func bytes(copy: Int, tag: Int, names: inout [String: [UInt8]], random: inout Steps) -> [UInt8] {
            var bytes: [UInt8] = []
            for piece in pieces {
                switch piece {
                case .text(let text): bytes += text
                case .tag: bytes += Array("\(tag)".utf8)
                case .name(let name):
                    bytes += name + [UInt8(ascii: "-")]
                    bytes += Self.text("0000", of: Self.hexadecimal, names: &names, random: &random)
                case .gap(let name, let letters): bytes += Self.text(name, of: letters, names: &names, random: &random)
                }
            }
            // Behind the opening bracket and its line break.
            bytes.insert(contentsOf: Array("      \"module\": \"module.stack[\(copy)]\",\n".utf8), at: 6)
            return bytes
        }

        private static func text(
            _ name: String,
            of letters: [UInt8],
            names: inout [String: [UInt8]],
            random: inout Steps
        ) -> [UInt8] {
            if let known = names[name] { return known }
            let made = name.utf8.map { _ in letters.randomElement(using: &random) ?? 0 }
            names[name] = made
            return made
        }
    }
}
