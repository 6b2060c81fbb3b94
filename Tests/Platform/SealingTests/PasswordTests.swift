import Sealing
import TestKit
import Testing

@Suite struct `Passwords` {
    private static let cheap = Scrypt.Cost(logN: 4, r: 8, p: 1)

    /// RFC 7914, section 12; its fourth vector takes 1 GiB, which is refused.
    @Test(arguments: [
        (
            "", "", 4, 1, 1,
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", 10, 8, 16,
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", 14, 8, 1,
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func `scrypt as RFC 7914 says`(password: String, salt: String, logN: Int, r: Int, p: Int, expected: String) throws {
        let bytes = try Scrypt.derive(
            from: Array(password.utf8),
            salt: Array(salt.utf8),
            cost: Scrypt.Cost(logN: logN, r: r, p: p),
            count: 64
        )
        #expect(Hexadecimal.text(bytes) == expected)
    }

    @Test(arguments: [(20, 8, 1), (0, 8, 1), (63, 8, 1), (17, 64, 1), (15, 8, 0), (15, 8, 1000), (-1, 8, 1)])
    func `a cost that would take the machine's memory or time is refused`(logN: Int, r: Int, p: Int) {
        let cost = Scrypt.Cost(logN: logN, r: r, p: p)
        #expect(throws: SealingError.self) { try Scrypt.derive(from: [1], salt: [2], cost: cost, count: 32) }
        #expect(PasswordHash("$scrypt$ln=\(logN),r=\(r),p=\(p)$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g") == nil)
    }

    @Test func `a hash keeps its cost and its salt, and knows its password only`() throws {
        let hash = try PasswordHash.make(of: "correct horse", cost: Self.cheap)
        #expect(hash.text.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        let read = try #require(PasswordHash(hash.text))
        #expect(read == hash)
        #expect(try read.matches("correct horse"))
        #expect(try !read.matches("correct horsf"))
        #expect(try !read.matches(""))
        #expect(try PasswordHash.make(of: "correct horse", cost: Self.cheap).text != hash.text)
        #expect(read.isOutdated() && !read.isOutdated(for: Self.cheap))
        #expect("\(hash)" == "<redacted>" && String(reflecting: hash) == "<redacted>")
    }

    @Test func `the recommended cost is OWASP's, and works`() throws {
        let hash = try PasswordHash.make(of: "päßwörd")
        #expect(hash.text.hasPrefix("$scrypt$ln=15,r=8,p=3$"))
        #expect(try hash.matches("päßwörd"))
    }

    @Test(arguments: [
        "", "x", "$scrypt$", "$scrypt$ln=4,r=8,p=1$$", "$bcrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g",
        "$scrypt$ln=4,r=8$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g", "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaA",
        "$scrypt$r=8,ln=4,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g", "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$!!!!",
    ])
    func `what is no hash is none`(text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test func `a crowd is hashed two at a time, and the rest is told to come again`() async throws {
        let hasher = PasswordHasher(cost: Self.cheap, waitingLimit: 8)
        let hash = try await hasher.hash("secret")
        #expect(try await hasher.matches("secret", hash))
        #expect(try await !hasher.matches("other", hash))
        #expect(try await !hasher.matches("other", nil))
        let slow = PasswordHasher(cost: Scrypt.Cost(logN: 14, r: 8, p: 1), waitingLimit: 2)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do {
                        _ = try await slow.hash("x")
                        return true
                    } catch {
                        return !(error is PasswordHasher.Busy)
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.contains(true) && outcomes.contains(false))
        // Nothing stays occupied.
        _ = try await slow.hash("x")
    }

    @Test func `texts are compared whole`() {
        #expect(ConstantTime.areEqual("abc", "abc"))
        #expect(!ConstantTime.areEqual("abc", "abd"))
        #expect(!ConstantTime.areEqual("abc", "ab"))
        #expect(ConstantTime.areEqual("", ""))
    }
}
