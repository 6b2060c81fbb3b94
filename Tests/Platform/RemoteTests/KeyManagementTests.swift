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
}
