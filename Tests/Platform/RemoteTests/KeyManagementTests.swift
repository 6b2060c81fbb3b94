import FoundationEssentials
import Sealing
import TestKit
import Testing

@testable import Remote

@Suite(.requires(.moto)) struct KeyManagementTests {
    private func service(_ moto: Moto) throws -> KeyManagement {
        try KeyManagement(region: "eu-central-1", endpoint: moto.endpoint, client: HTTPClient(), credentials: .fixed(TestStore.motoKey))
    }

    /// Makes a key, which Slipway itself never does.
    private func makeKey(_ moto: Moto) async throws -> String {
        var request = HTTPRequest(.post, moto.endpoint + "/", body: Array("{}".utf8))
        request.headers = ["Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.CreateKey"]
        request.signing = AWSSigning(credentials: TestStore.motoKey, region: "eu-central-1", service: "kms")
        let answer = try await HTTPClient().send(request)
        struct Created: Decodable {
            struct Metadata: Decodable { let Arn: String }
            let KeyMetadata: Metadata
        }
        return try JSONDecoder().decode(Created.self, from: Data(answer.body)).KeyMetadata.Arn
    }

    private static func bytes(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withBytes { Array($0) } }

    @Test func `what was encrypted is decrypted, in its context only`() async throws {
        let moto = try await Moto.shared()
        let (service, key) = (try service(moto), try await makeKey(moto))
        var plain: [UInt8] = Array("a data key of thirty-two bytes..".utf8)
        let copy = plain
        let secret = SecretBytes(wiping: &plain)
        let sealed = try await service.encrypt(secret, with: key, context: ["deployment": "42"])
        #expect(!sealed.isEmpty && sealed != copy)
        let opened = Self.bytes(try await service.decrypt(sealed, with: key, context: ["deployment": "42"]))
        #expect(opened == copy)
        do {
            _ = try await service.decrypt(sealed, with: key, context: ["deployment": "43"])
            Issue.record("another context opened it")
        } catch {
            guard case .refused(_, 400, "InvalidCiphertextException", _) = error.reason else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func `a data key comes in clear and sealed`() async throws {
        let moto = try await Moto.shared()
        let (service, key) = (try service(moto), try await makeKey(moto))
        let made = try await service.generateDataKey(with: key, context: [:])
        let (plain, sealed) = (Self.bytes(made.plain), made.sealed)
        #expect(plain.count == 32)
        let opened = Self.bytes(try await service.decrypt(sealed, with: key, context: [:]))
        #expect(opened == plain)
    }

    @Test func `a key is described, and a missing one named by the service`() async throws {
        let moto = try await Moto.shared()
        let (service, key) = (try service(moto), try await makeKey(moto))
        let described = try await service.describeKey(key)
        #expect(described == KeyManagement.Key(arn: key, isEnabled: true, usage: "ENCRYPT_DECRYPT"))
        let error = await #expect(throws: RemoteError.self) { try await service.describeKey("alias/none") }
        guard case .refused(_, 400, "NotFoundException", _) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `throttling is tried again and an answer that isn't one is an error without its content`() async throws {
        let server = try ScriptedServer { _, number in
            number < 3
                ? .status(400, body: Array(#"{"__type":"com.amazonaws#ThrottlingException","message":"slow"}"#.utf8))
                : .status(200, body: Array(#"{"Plaintext":"secret"}"#.utf8))
        }
        var retries = RetryPolicy()
        retries.firstPause = .milliseconds(1)
        let service = try KeyManagement(
            region: "eu-central-1",
            endpoint: server.url,
            client: HTTPClient(),
            credentials: .fixed(TestStore.motoKey),
            retries: retries
        )
        do {
            _ = try await service.generateDataKey(with: "k", context: [:])
            Issue.record("it was taken")
        } catch {
            #expect(error.reason == .malformedAnswer(server: server.url, why: "not what AWS KMS answers"))
            #expect(server.counts.requests == 3)
        }
    }

    // MARK: - Keys of a keyring

    @Test func `a keyring's key opens by its own key of the service only`() async throws {
        let moto = try await Moto.shared()
        let (key, other) = (try await makeKey(moto), try await makeKey(moto))
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let environment = [
            "AWS_ENDPOINT_URL": moto.endpoint, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": TestStore.motoKey.accessKeyID,
            "AWS_SECRET_ACCESS_KEY": TestStore.motoKey.secretAccessKey,
        ]
        let service = KeyManagementService(environment: environment)
        _ = try Keyring.open(folder: folder.path, environment: [:])
        let store = KeyringStore(folder: folder.path, environment: [:], services: [service])
        _ = try await store.add(name: "far", protection: .service(scheme: "kms", id: key))
        try await store.activate("far")
        let keyring = try await Keyring.open(folder: folder.path, environment: [:], services: [service])
        let sealed = try Envelope.seal([1, 2, 3], with: keyring, context: "test")
        let again = try await Keyring.open(folder: folder.path, environment: [:], services: [service])
        #expect(try Envelope.open(sealed, with: again, context: "test") == [1, 2, 3])
        // The wrapped key says nothing under another key, or another name.
        let secret = try SecretBytes.random(count: 32)
        let wrapped = try await service.wrap(secret, named: "far", by: key)
        for (name, id) in [("far", other), ("near", key)] {
            do {
                _ = try await service.unwrap(wrapped, named: name, by: id)
                Issue.record("opened as \(name) by \(id)")
            } catch {
                #expect(!error.why.isEmpty)
            }
        }
        // A key that isn't there is said, and nothing is added.
        let error = await #expect(throws: SealingError.self) {
            try await store.add(name: "none", protection: .service(scheme: "kms", id: "alias/none"))
        }
        #expect(error.map { "\($0)".contains("kms:alias/none") && "\($0)".contains("NotFoundException") } == true)
        #expect(try store.list().count == 2)
    }

    @Test func `without the permission the key and the service are named, and nothing secret`() async throws {
        let server = try ScriptedServer { _, _ in
            .status(400, body: Array(#"{"__type":"AccessDeniedException","message":"not authorized to perform: kms:Decrypt"}"#.utf8))
        }
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let environment = [
            "AWS_ENDPOINT_URL": server.url, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID",
            "AWS_SECRET_ACCESS_KEY": "verysecret",
        ]
        let id = "arn:aws:kms:eu-central-1:111122223333:key/1"
        let body = "far 1 kms:\(id) QUJDRA=="
        let text = "slipway-keyring 2\n\(body) \(SHA256.hex(Array(body.utf8)).prefix(8))\n"
        try Data(text.utf8).write(to: URL(filePath: folder.path + "/keyring"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path + "/keyring")
        let error = await #expect(throws: SealingError.self) {
            try await Keyring.open(folder: folder.path, environment: [:], services: [KeyManagementService(environment: environment)])
        }
        let sentence = error.map { "\($0)" } ?? ""
        #expect(sentence.contains("\"far\"") && sentence.contains(id) && sentence.contains("kms:Decrypt"))
        #expect(!sentence.contains("verysecret"))
    }
}
