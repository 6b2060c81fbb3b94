import Glibc
import Host
import TestKit

/// Searches this process's memory for a private key, as somebody with a core dump would.
///
/// What it searches for lies in pages of its own, which it leaves out.
final class KeySearch: @unchecked Sendable {
    // @unchecked: one test uses it, one call after the other.
    private static let byteCount = 4 << 20
    private let area: UnsafeMutableRawBufferPointer
    private var seed: UnsafeMutableRawBufferPointer { part(0, 32) }
    private var text: UnsafeMutableRawBufferPointer { part(64, 40) }
    private var scratch: UnsafeMutableRawBufferPointer { part(4096, 4096) }
    private var window: UnsafeMutableRawBufferPointer { part(1 << 20, 2 << 20) }

    init() throws {
        let memory = mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { throw TooLate(description: "memory") }
        area = UnsafeMutableRawBufferPointer(start: memory, count: Self.byteCount)
    }

    deinit { munmap(area.baseAddress, area.count) }

    /// Remembers the seed of an ed25519 key as SSHKeyPair writes it, and a piece of its text.
    func learn(_ key: [UInt8]) {
        var bits: UInt32 = 0
        var bitCount = 0
        var count = 0
        for (index, byte) in key.enumerated() where index >= 36 {
            guard let digit = Self.digit(byte) else {
                if byte == UInt8(ascii: "-") { break }
                continue
            }
            bits = bits << 6 | UInt32(digit)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                scratch[count] = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
                count += 1
            }
        }
        // Magic, cipher, derivation and its options, count, public key, length: 15 + 8 + 8 + 4 + 4 + 55 + 4; then two checks, kind, point.
        let start = 98 + 8 + 15 + 36 + 4
        seed.copyMemory(from: UnsafeRawBufferPointer(rebasing: scratch[start..<start + 32]))
        // A line of text that the seed stands in: of 70 digits and a line break each, behind the first line of 36 bytes.
        let digit = start * 8 / 6 + 2
        let place = 36 + digit / 70 * 71 + digit % 70
        let end = 36 + (digit / 70 + 1) * 71 - 1
        for offset in 0..<min(24, end - place) { text[offset] = key[place + offset] }
        textCount = min(24, end - place)
        scratch.initializeMemory(as: UInt8.self, repeating: 0)
    }

    private var textCount = 0

    /// What is found: `seed`, `text`.
    func places() -> [String] {
        guard let maps = try? FileSystem.read("/proc/self/maps") else { return ["no maps"] }
        let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        defer { close(memory) }
        var found: Set<String> = []
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            let limits = words[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard words[1].hasPrefix("rw"), limits.count == 2 else { continue }
            search(memory, limits[0], limits[1], &found)
        }
        window.initializeMemory(as: UInt8.self, repeating: 0)
        return found.sorted()
    }

    private func search(_ memory: Int32, _ start: UInt, _ end: UInt, _ found: inout Set<String>) {
        let ownStart = UInt(bitPattern: area.baseAddress)
        let ownEnd = ownStart + UInt(area.count)
        // The kernel joins neighbouring mappings: only the own pages are left out.
        if start < ownEnd, end > ownStart {
            if start < ownStart { search(memory, start, ownStart, &found) }
            if end > ownEnd { search(memory, ownEnd, end, &found) }
            return
        }
        var place = start
        while place < end {
            let count = pread(memory, window.baseAddress, min(window.count, Int(end - place)), off_t(place))
            // Unmapped meanwhile.
            guard count > 0 else { return }
            if contains(seed, in: count) { found.insert("seed") }
            if contains(UnsafeMutableRawBufferPointer(rebasing: text[..<textCount]), in: count) { found.insert("text") }
            if count < window.count { return }
            // A piece that lies across two windows.
            place += UInt(count - 64)
        }
    }

    private func contains(_ pattern: UnsafeMutableRawBufferPointer, in count: Int) -> Bool {
        guard let base = window.baseAddress, let first = pattern.first, let wanted = pattern.baseAddress else { return false }
        var offset = 0
        while offset + pattern.count <= count {
            guard let hit = memchr(base + offset, Int32(first), count - offset - pattern.count + 1) else { return false }
            if memcmp(hit, wanted, pattern.count) == 0 { return true }
            offset = UnsafeMutableRawPointer(mutating: hit) - base + 1
        }
        return false
    }

    private func part(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: area[offset..<offset + count])
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
