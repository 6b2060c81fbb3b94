@testable import Remote
@testable import Sealing
@testable import StateVault

extension FuzzTarget {
    /// Private keys, which an output may hold, and public ones.
    static let keys = FuzzTarget(
        "keys",
        corpus: {
            // Another one in each process: what is found with it is made again from its bytes. Without one there is less to mutate.
            guard let pair = try? SSHKeyPair.generate(comment: "fuzz") else { return [] }
            let pem =
                "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"
            return [pair.privateKey, Array(pair.publicKey.utf8), Array(pem.utf8)]
        }(),
        words: [
            "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----", "PRIVATE KEY-----", "RSA ", "AAAA", "////", "=",
            "\n",
        ],
        largest: 64 << 10
    ) { input in
        if let key = try await attempt({ try SSHPrivateKey(input) }) {
            try Finding.unless(try SSHPublicKey(text: key.publicKey.text) == key.publicKey, "a public key comes back as another")
        }
        let text = String(decoding: input, as: UTF8.self)
        if let key = try await attempt({ try SSHPublicKey(text: text) }) { _ = (key.fingerprint, key.kind) }
    }

    /// What an object store answers.
    static let objects = FuzzTarget(
        "objects",
        corpus: [
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><!-- c --><Name>b</Name><IsTruncated>true</IsTruncated>
            <NextContinuationToken>t</NextContinuationToken><Contents><Key>p/a&amp;b&#x41;&#66;</Key><Size>12</Size>
            <LastModified>2026-11-20T09:36:29.426Z</LastModified></Contents><Empty/></ListBucketResult>
            """, "[default]\nregion = eu\n[profile x]\naws_access_key_id=a\n", "Fri, 20 Nov 2026 09:36:29 GMT",
        ].map { Array($0.utf8) },
        words: ["<a>", "</a>", "<a/>", "<!", "<![CDATA[", "&#x", "&#", ";", "<Size>", "<Contents>", "<Key>p/"],
        largest: 64 << 10
    ) { input in
        if let root = XMLElement(document: input) { _ = ObjectPage(root, below: "p") }
        let text = String(decoding: input, as: UTF8.self)
        _ = (S3Date.listing(text), S3Date.header(text), AWSProfile.section("default", in: text))
    }

    /// Sealed messages and backups, before anything in them is known to be genuine.
    static let sealed = FuzzTarget(
        "sealed",
        corpus: [
            SealedBackup(metadata: [UInt8](repeating: 1, count: 40), state: [UInt8](repeating: 2, count: 300)).bytes,
            EnvelopeHeader.magic + [EnvelopeHeader.version, EnvelopeHeader.algorithm, 0, 0] + [UInt8](repeating: 0, count: 44)
                + [EnvelopeHeader.keyringKind, 1, UInt8(EnvelopeHeader.wrappedSize & 255), UInt8(EnvelopeHeader.wrappedSize >> 8)]
                + Array("k".utf8) + [UInt8](repeating: 3, count: 200),
        ] + ["", "text text text text"].compactMap { try? Zstd.compress(Array($0.utf8)) },
        words: ["SLIPBAK\u{0}", "SLIPWAY\u{0}"],
        largest: 16 << 10
    ) { input in
        _ = try await attempt { try EnvelopeHeader(of: input) }
        _ = try await attempt { try EnvelopeHeader(head: input) }
        if let backup = try await attempt({ try SealedBackup(input) }) {
            try Finding.unless(backup.bytes == input, "a backup comes back as another")
        }
        _ = try await attempt { try Zstd.decompress(input, limit: 1 << 20) }
    }
}
