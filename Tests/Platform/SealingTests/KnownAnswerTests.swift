import Sealing
import Testing

@Suite struct `Known answers` {
    @Test(arguments: try Vector.all(in: "gcmEncryptExtIV256.rsp"))
    func `AES-256-GCM encrypts as NIST's CAVP says`(vector: Vector) throws {
        let sealed = try AESGCM.seal(
            vector.bytes("PT"),
            key: SecretBytes(vector.bytes("Key")),
            nonce: vector.bytes("IV"),
            associated: vector.bytes("AAD")
        )
        #expect(try sealed == vector.bytes("CT") + vector.bytes("Tag"))
    }

    @Test(arguments: try Vector.all(in: "gcmDecrypt256.rsp"))
    func `AES-256-GCM decrypts or refuses as NIST's CAVP says`(vector: Vector) throws {
        let opened = Result { () throws in
            try AESGCM.open(
                vector.bytes("CT") + vector.bytes("Tag"),
                key: SecretBytes(vector.bytes("Key")),
                nonce: vector.bytes("IV"),
                associated: vector.bytes("AAD")
            )
        }
        if vector.mustFail {
            #expect(throws: SealingError(.damaged)) { try opened.get() }
        } else {
            #expect(try opened.get() == vector.bytes("PT"))
        }
    }

    @Test func `The vectors are there, good and bad`() throws {
        let decrypted = try Vector.all(in: "gcmDecrypt256.rsp")
        #expect(decrypted.count { $0.mustFail } > 20)
        #expect(decrypted.count { !$0.mustFail } > 20)
        #expect(try decrypted.contains { try !$0.mustFail && !$0.bytes("AAD").isEmpty && !$0.bytes("CT").isEmpty })
        #expect(try Vector.all(in: "SHA256ShortMsg.rsp").count == 65)
    }

    @Test(arguments: try Vector.all(in: "SHA256ShortMsg.rsp") + Vector.all(in: "SHA256LongMsg.rsp"))
    func `SHA-256 as NIST's CAVP says, at once and in pieces`(vector: Vector) throws {
        let message = Array(try vector.bytes("Msg").prefix(vector.number("Len") / 8))
        #expect(SHA256.hex(message) == vector.fields["MD"])
        var hasher = SHA256.Incremental()
        var rest = message[...]
        while !rest.isEmpty {
            hasher.update(rest.prefix(13))
            rest = rest.dropFirst(13)
        }
        #expect(Hexadecimal.text(hasher.finish()) == vector.fields["MD"])
    }

    @Test(arguments: try Vector.all(in: "rfc-5869-HKDF-SHA256.txt"))
    func `HKDF as RFC 5869 says`(vector: Vector) throws {
        let key = try HKDF.derive(
            from: SecretBytes(vector.bytes("IKM")),
            salt: vector.bytes("salt"),
            info: vector.bytes("info"),
            count: vector.number("L")
        )
        #expect(try key.bytes == vector.bytes("OKM"))
    }

    /// RFC 7914, section 11.
    @Test(arguments: [
        (
            "passwd", "salt", 1,
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        ),
        (
            "Password", "NaCl", 80000,
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"
        ),
    ])
    func `PBKDF2 as RFC 7914 says`(passphrase: String, salt: String, iterations: Int, expected: String) throws {
        let secret = SecretBytes(Array(passphrase.utf8))
        let key = try PBKDF2.derive(from: secret, salt: Array(salt.utf8), iterations: iterations, count: 64)
        #expect(Hexadecimal.text(key.bytes) == expected)
    }

    @Test func `A key or nonce of the wrong length is refused`() throws {
        #expect(throws: SealingError(.invalidArgument("the key must have 32 bytes"))) {
            try AESGCM.seal([1], key: SecretBytes([1, 2, 3]), nonce: [UInt8](repeating: 0, count: 12))
        }
        #expect(throws: SealingError(.invalidArgument("the nonce must have 12 bytes"))) {
            try AESGCM.seal([1], key: .random(count: 32), nonce: [0])
        }
        #expect(throws: SealingError(.damaged)) {
            try AESGCM.open([1], key: .random(count: 32), nonce: [UInt8](repeating: 0, count: 12))
        }
    }
}
