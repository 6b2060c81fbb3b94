internal import FoundationEssentials
package import Sealing

/// AWS's key management service, for keys that never leave it: `Encrypt`, `Decrypt`, `GenerateDataKey`, `DescribeKey`.
///
/// - SeeAlso: <https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html>
package struct KeyManagement: Sendable {
    /// What is bound into a ciphertext and must be given again to open it; AWS logs it in clear.
    package typealias Context = [String: String]

    /// A key of the service.
    package struct Key: Sendable, Equatable {
        /// The same whatever alias it was asked for by.
        package let arn: String
        package let isEnabled: Bool
        /// `ENCRYPT_DECRYPT` for the keys that seal.
        package let usage: String
    }

    private let url: String
    private let caller: AWSCaller

    /// Makes a client; nothing is sent.
    ///
    /// - Parameters:
    ///   - region: nil takes it from `AWS_REGION` or the profile.
    ///   - endpoint: nil takes `AWS_ENDPOINT_URL_KMS`, `AWS_ENDPOINT_URL`, or AWS's own of the region.
    ///   - client: Sends the requests.
    ///   - credentials: Asked for each request.
    ///   - environment: Where those variables are.
    ///   - retries: For what may work later.
    /// - Throws: ``RemoteError/Reason/badLocation(_:)``
    package init(
        region: String? = nil,
        endpoint: String? = nil,
        client: HTTPClient,
        credentials: AWSCredentialSource,
        environment: [String: String] = [:],
        retries: RetryPolicy = RetryPolicy()
    ) throws(RemoteError) {
        let found = if let region { region } else { try AWSRegion.find(environment) }
        guard let region = found, S3Location.isRegionName(region) else {
            throw RemoteError(.badLocation("the region of AWS KMS is missing or is none: set AWS_REGION to one such as eu-central-1"))
        }
        let candidates = [endpoint, environment["AWS_ENDPOINT_URL_KMS"], environment["AWS_ENDPOINT_URL"]].compactMap(\.self)
        let named = candidates.first { !$0.isEmpty }
        url = "\(try HTTPAddress(named ?? "https://kms.\(region).\(AWSRegion.domain(region))").server)/"
        caller = AWSCaller(
            client: client,
            credentials: credentials,
            region: region,
            service: "kms",
            retries: retries,
            fault: { response in
                // A body that is no JSON has no code.
                let fault = try? JSONDecoder().decode(Fault.self, from: Data(response.body))
                return AWSFault(code: fault?.code, message: fault?.message)
            }
        )
    }

    /// Seals at most 4096 bytes with a key of the service: its id, ARN or alias (`alias/…`).
    package func encrypt(_ plain: borrowing SecretBytes, with key: String, context: Context) async throws(RemoteError) -> [UInt8] {
        let text = plain.withBytes { Data($0).base64EncodedString() }
        let answer: Sealed = try await call("Encrypt", Request(KeyId: key, Plaintext: text, EncryptionContext: context))
        return [UInt8](answer.CiphertextBlob)
    }

    /// Opens what ``encrypt(_:with:context:)`` or ``generateDataKey(with:context:)`` sealed with this key; AWS refuses another one.
    ///
    /// - Throws: ``RemoteError``; code `InvalidCiphertextException` when the bytes or the context are not the right ones.
    package func decrypt(_ sealed: [UInt8], with key: String, context: Context) async throws(RemoteError) -> SecretBytes {
        let request = Request(KeyId: key, CiphertextBlob: Data(sealed).base64EncodedString(), EncryptionContext: context)
        let answer: Opened = try await call("Decrypt", request)
        return answer.secret
    }

    /// Makes a random data key of 32 bytes: in clear to use now, and sealed to keep.
    package func generateDataKey(with key: String, context: Context) async throws(RemoteError) -> DataKey {
        let answer: Opened = try await call("GenerateDataKey", Request(KeyId: key, EncryptionContext: context, KeySpec: "AES_256"))
        guard let sealed = answer.CiphertextBlob else { throw malformed }
        return DataKey(plain: answer.secret, sealed: [UInt8](sealed))
    }

    /// What the service knows of a key.
    package func describeKey(_ key: String) async throws(RemoteError) -> Key {
        let answer: Description = try await call("DescribeKey", Request(KeyId: key))
        return Key(arn: answer.KeyMetadata.Arn, isEnabled: answer.KeyMetadata.Enabled, usage: answer.KeyMetadata.KeyUsage ?? "")
    }

    /// A new data key.
    package struct DataKey: ~Copyable, Sendable {
        package let plain: SecretBytes
        package let sealed: [UInt8]
    }

    // MARK: - Details

    private func call<Answer: Decodable>(_ action: String, _ body: Request) async throws(RemoteError) -> Answer {
        // Strings only, which can always be encoded.
        guard let encoded = try? JSONEncoder().encode(body) else { throw RemoteError(.badRequest("no JSON")) }
        var request = HTTPRequest(.post, url, body: [UInt8](encoded))
        request.headers = ["Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.\(action)"]
        request.timeout = .seconds(20)
        let response = try await caller.send(request, contentHash: SHA256.hex(request.body))
        // What doesn't decode may hold a key: only that it doesn't is said.
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else { throw malformed }
        return answer
    }

    private var malformed: RemoteError { RemoteError(.malformedAnswer(server: HTTPAddress.shown(url), why: "not what AWS KMS answers")) }
}
