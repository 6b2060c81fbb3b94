import Glibc
import Sealing
import TestKit
import Testing

@testable import Remote

@Suite struct SSHKeyTests {
    @Test func `a pair that was made fits together, and OpenSSH takes it`() async throws {
        let pair = try SSHKeyPair.generate(comment: "acme\nx")
        let key = try SSHPrivateKey(pair.privateKey)
        #expect(pair.publicKey == "\(key.publicKey.text) acme x")
        #expect(key.publicKey.kind == "ssh-ed25519")
        #expect(try SSHKeyPair.generate(comment: "").privateKey != pair.privateKey)
    }

    @Test(.requires(.sshKeygen), arguments: ["", "a", "acme", "a comment of some length"])
    func `ssh-keygen reads what is made, with every length of comment`(comment: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let pair = try SSHKeyPair.generate(comment: comment)
        let read = try await TestKeys.publicLine(of: pair.privateKey, in: folder)
        #expect(read == pair.publicKey)
        let fingerprint = try await TestKeys.fingerprint(of: pair.publicKey, in: folder)
        #expect(try SSHPublicKey(text: pair.publicKey).fingerprint == fingerprint)
    }

    @Test(
        .requires(.sshKeygen),
        arguments: [
            ("ecdsa", "the private key can't be used: it is of the kind ecdsa-sha2-nistp256: only ed25519 and RSA keys are taken"),
            ("protected", "the private key can't be used: it is protected by a passphrase: give one without"),
            ("rsa-pem-protected", "the private key can't be used: it is protected by a passphrase: give one without"),
        ]
    )
    func `keys that can't be used say why`(kind: String, sentence: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let error = await #expect(throws: SSHError.self) { try await TestKeys.make(kind, in: folder) }
        #expect(error.map { "\($0)" } == sentence)
    }

    @Test func `text that is no key, or a damaged one`() throws {
        let good = try SSHKeyPair.generate(comment: "x").privateKey
        let texts: [[UInt8]] = [
            [], Array("ssh-ed25519 AAAA".utf8), Array("-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----".utf8),
            Array("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".utf8), Array(good.prefix(good.count / 2)),
        ]
        for text in texts {
            let error = #expect(throws: SSHError.self) { try SSHPrivateKey(text) }
            guard case .badKey = error?.reason else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        // Whichever byte is damaged, nothing worse than an error comes of it.
        for index in good.indices {
            var damaged = good
            damaged[index] ^= 1
            _ = try? SSHPrivateKey(damaged)
            _ = try? SSHPrivateKey(Array(good.prefix(index)))
        }
    }

    @Test func `a public key is one line of its own kind`() throws {
        let pair = try SSHKeyPair.generate(comment: "me@here")
        let key = try SSHPublicKey(text: pair.publicKey + "\n")
        #expect(pair.publicKey.hasPrefix(key.text) && !key.text.contains("me@here"))
        for text in ["", "ssh-ed25519", "ssh-ed25519 !!!", key.text.replacing("ssh-ed25519", with: "ssh-rsa")] {
            #expect(throws: SealingError.self) { try SSHPublicKey(text: text) }
        }
    }

    @Test func `no description and no error holds a private key`() throws {
        let text = try SSHKeyPair.generate(comment: "x").privateKey
        let key = try SSHPrivateKey(text)
        let digits = String(decoding: text, as: UTF8.self).split(separator: "\n").dropFirst().dropLast().joined()
        // Of the digits before and behind, some are the public key's.
        let secret = String(digits.dropFirst(216).prefix(40))
        var dumped = ""
        dump(key, to: &dumped)
        var texts = ["\(key)", String(reflecting: key), dumped]
        var damaged = text
        for index in damaged.indices.dropFirst(200).prefix(40) where damaged[index] != 10 { damaged[index] = UInt8(ascii: "A") }
        for wrong in [damaged, Array(text.dropLast(60)), Array(text.dropFirst(5))] {
            if let error = #expect(throws: SSHError.self, performing: { try SSHPrivateKey(wrong) }) {
                texts += ["\(error)", String(reflecting: error)]
            }
        }
        for text in texts { #expect(!text.contains(secret.prefix(16)) && !text.contains(secret.suffix(16)), "\(text)") }
    }

    @Test(.requires(.sshd)) func `nothing of a private key stays in memory once it is let go`() async throws {
        let server = try await ThrowawaySSHServer()
        let search = try KeySearch()
        try await logIn(to: server, search)
        #expect(search.places() == [])
        try await server.end()
    }

    private func logIn(to server: ThrowawaySSHServer, _ search: KeySearch) async throws {
        var text = try SSHKeyPair.generate(comment: "x").privateKey
        let key = try SSHPrivateKey(text)
        search.learn(text)
        text.wipe()
        try server.authorize(key.publicKey)
        let connection = try await SSHConnection.open(
            to: server.address,
            user: server.user,
            keys: [key],
            hostKey: .firstUse,
            options: .patient
        )
        #expect(try await connection.run("true", timeout: .seconds(60)).succeeded)
        // While the key is held, the search finds it: it searches the right memory for the right bytes.
        withExtendedLifetime(key) { #expect(search.places() == ["seed"]) }
        await connection.close()
    }
}
