internal import FoundationEssentials
internal import Sealing

// The service's JSON, with its own names.
extension KeyManagement {
    struct Request: Encodable {
        let KeyId: String
        var CiphertextBlob: String?
        var Plaintext: String?
        var EncryptionContext: Context?
        var KeySpec: String?

        init(
            KeyId: String,
            CiphertextBlob: String? = nil,
            Plaintext: String? = nil,
            EncryptionContext: Context? = nil,
            KeySpec: String? = nil
        ) {
            self.KeyId = KeyId
            self.CiphertextBlob = CiphertextBlob
            self.Plaintext = Plaintext
            // AWS takes an empty context as none.
            self.EncryptionContext = EncryptionContext.flatMap { $0.isEmpty ? nil : $0 }
            self.KeySpec = KeySpec
        }
    }

    struct Sealed: Decodable { let CiphertextBlob: Data }

    struct Opened: Decodable {
        let Plaintext: Data
        let CiphertextBlob: Data?

        var secret: SecretBytes {
            var bytes = [UInt8](Plaintext)
            return SecretBytes(wiping: &bytes)
        }
    }

    struct Description: Decodable {
        struct Metadata: Decodable {
            let Arn: String
            let Enabled: Bool
            let KeyUsage: String?
        }
        let KeyMetadata: Metadata
    }

    struct Fault: Decodable {
        let type: String?
        let message: String?

        enum CodingKeys: String, CodingKey {
            case type = "__type"
            case message, Message
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            type = try container.decodeIfPresent(String.self, forKey: .type)
            // Some of its errors have it in capitals.
            let small = try container.decodeIfPresent(String.self, forKey: .message)
            message = try small ?? container.decodeIfPresent(String.self, forKey: .Message)
        }

        /// `com.amazonaws.kms#NotFoundException` without what stands before the `#`.
        var code: String? { type?.split(separator: "#").last.map(String.init) }
    }
}
