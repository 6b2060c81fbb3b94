package import Sealing
internal import Synchronization

/// AWS KMS as what wraps keys of a keyring: `kms:<key id, ARN or alias>`.
package struct KeyManagementService: KeyService {
    /// Made with the first request: most keyrings need none.
    private final class Client: Sendable {
        private let made = Mutex<HTTPClient?>(nil)

        var client: HTTPClient {
            made.withLock { made in
                let client = made ?? HTTPClient()
                made = client
                return client
            }
        }
    }

    private let client = Client()
    private let credentials: AWSCredentialSource
    private let environment: [String: String]

    package var scheme: String { "kms" }

    /// Makes one; nothing is sent before a key needs it.
    ///
    /// - Parameter environment: For the access key, the region of ids that don't say theirs, and `AWS_ENDPOINT_URL_KMS`.
    package init(environment: [String: String]) {
        self.environment = environment
        credentials = .environment(environment)
    }

    package func wrap(_ key: borrowing SecretBytes, named name: String, by id: String) async throws(KeyServiceFailure) -> [UInt8] {
        do throws(RemoteError) {
            return try await service(of: id).encrypt(key, with: id, context: context(name))
        } catch {
            throw KeyServiceFailure("\(error)")
        }
    }

    package func unwrap(_ wrapped: [UInt8], named name: String, by id: String) async throws(KeyServiceFailure) -> SecretBytes {
        do throws(RemoteError) {
            return try await service(of: id).decrypt(wrapped, with: id, context: context(name))
        } catch {
            throw KeyServiceFailure("\(error)")
        }
    }

    /// Stands in AWS's log of the key's uses.
    private func context(_ name: String) -> KeyManagement.Context { ["slipway:key": name] }

    private func service(of id: String) throws(RemoteError) -> KeyManagement {
        // arn:aws:kms:eu-central-1:111122223333:key/…
        let parts = id.split(separator: ":", omittingEmptySubsequences: false)
        let region = parts.count >= 6 && parts[0] == "arn" ? String(parts[3]) : nil
        return try KeyManagement(region: region, client: client.client, credentials: credentials, environment: environment)
    }
}
