import FoundationEssentials
import Glibc
import Sealing
import Testing

/// Files that the first version of each format wrote, and that every later program must read.
@Suite struct `Golden files` {
    /// 00 01 02 … 1f under the name `golden`.
    private static let key = "golden:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    static let messages: [(name: String, plain: [UInt8])] = [
        ("v1-empty", []),
        ("v1-plain", Array("Slipway format version 1\n".utf8)),
        ("v1-compressed", Array(String(repeating: "Slipway format version 1, compressed\n", count: 100).utf8)),
    ]

    @Test(arguments: messages)
    func `A sealed message of version 1 opens`(name: String, plain: [UInt8]) throws {
        let keyring = try Keyring.open(folder: "", environment: ["SLIPWAY_KEYS": Self.key])
        let sealed = try Fixture.bytes("SealedMessages/\(name).sealed")
        #expect(try Envelope.open(sealed, with: keyring, context: "golden/\(name)") == plain)
        #expect(try EnvelopeHeader(of: sealed).isCompressed == (plain.count > 1024))
    }

    @Test func `A keyring file of version 2 opens, with its passphrase`() throws {
        let folder = try TemporaryFolder()
        try Data(Fixture.bytes("SealedKeyring/v2")).write(to: URL(filePath: folder.path + "/keyring"))
        #expect(chmod(folder.path + "/keyring", 0o600) == 0)
        let keyring = try Keyring.open(folder: folder.path, environment: ["SLIPWAY_PASSPHRASE": "correct horse battery staple"])
        #expect(keyring.keyNames == ["golden-wrapped", "golden"])
        for name in ["v1-plain", "v2-keyring-wrapped"] {
            let sealed = try Fixture.bytes("SealedMessages/\(name).sealed")
            #expect(try Envelope.open(sealed, with: keyring, context: "golden/v1-plain") == Self.messages[1].plain)
        }
    }

    @Test func `A keyring file of version 1 opens`() throws {
        let folder = try TemporaryFolder()
        try Data(Fixture.bytes("SealedKeyring/v1")).write(to: URL(filePath: folder.path + "/keyring"))
        #expect(chmod(folder.path + "/keyring", 0o600) == 0)
        let keyring = try Keyring.open(folder: folder.path, environment: [:])
        #expect(keyring.keyNames == ["golden", "older.key_2-B"])
        let sealed = try Fixture.bytes("SealedMessages/v1-plain.sealed")
        #expect(try Envelope.open(sealed, with: keyring, context: "golden/v1-plain") == Self.messages[1].plain)
    }
}
