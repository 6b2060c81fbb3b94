/// A machine of the local cloud, as its clients see it.
struct LocalMachine: Codable, Sendable, Equatable {
    /// The client's own, or made here.
    let id: String
    let name: String
    let ip: String
    let port: Int
    let user: String
    /// The public half of its host key.
    let hostKey: String
    /// `running`, or `ended` when its sshd has stopped by itself.
    var status: String

    enum CodingKeys: String, CodingKey {
        case id, name, ip, port, user, status
        case hostKey = "host_key"
    }
}

/// A machine in the form of a Terraform state, whose outputs a template reads by `terraform_remote_state`.
struct MachineState: Encodable, Sendable {
    struct Output: Encodable, Sendable {
        let value: Value
        let type: String
    }

    enum Value: Encodable, Sendable {
        case text(String)
        case number(Int)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            }
        }
    }

    enum CodingKeys: String, CodingKey {
        case version, serial, lineage, outputs, resources
        case terraformVersion = "terraform_version"
    }

    let version = 4
    let terraformVersion = "1.6.0"
    let serial = 1
    let lineage: String
    let outputs: [String: Output]
    let resources: [String] = []

    /// - Parameters:
    ///   - id: The one that was asked for.
    ///   - machine: Nil when there is none: one that has ended, with the service that made it or by itself.
    init(id: String, _ machine: LocalMachine?) {
        lineage = id
        func text(_ text: String?) -> Output { Output(value: .text(text ?? ""), type: "string") }
        outputs = [
            "id": text(id), "name": text(machine?.name), "ip": text(machine?.ip), "user": text(machine?.user),
            "host_key": text(machine?.hostKey), "status": text(machine?.status ?? "ended"),
            "port": Output(value: .number(machine?.port ?? 0), type: "number"),
        ]
    }
}

/// What a client asks for.
struct MachineOrder: Decodable, Sendable {
    let id: String?
    let name: String?
    /// Lines as in authorized_keys: whom it lets in.
    let sshPublicKey: String?

    enum CodingKeys: String, CodingKey {
        case id, name
        case sshPublicKey = "ssh_public_key"
    }
}

/// A machine that can't be made.
struct MachineFault: Error, CustomStringConvertible {
    /// Whether the client asked for what can't be.
    let isClients: Bool
    let description: String

    init(_ description: String, isClients: Bool = false) {
        self.description = description
        self.isClients = isClients
    }
}
