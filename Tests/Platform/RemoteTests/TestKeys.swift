import Host
import TestKit

@testable import Remote

/// Key files as other programs write them.
enum TestKeys {
    /// Makes a pair in `folder/key`.
    static func make(_ kind: String, in folder: TemporaryFolder) async throws -> SSHPrivateKey {
        let path = "\(folder.path)/key"
        switch kind {
        case "ed25519": try await keygen(["-t", "ed25519", "-f", path])
        case "rsa": try await keygen(["-t", "rsa", "-b", "2048", "-f", path])
        case "ecdsa": try await keygen(["-t", "ecdsa", "-f", path])
        case "protected": try await keygen(["-t", "ed25519", "-f", path], passphrase: "secret")
        case "rsa-pem": try await keygen(["-t", "rsa", "-b", "2048", "-m", "PEM", "-f", path])
        case "rsa-pem-protected": try await keygen(["-t", "rsa", "-b", "2048", "-m", "PEM", "-f", path], passphrase: "secret")
        case "rsa-pkcs8": try await keygen(["-t", "rsa", "-b", "2048", "-m", "PKCS8", "-f", path])
        default: try await run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path])
        }
        return try SSHPrivateKey(FileSystem.read(path))
    }

    /// What ssh-keygen takes for the public key of a private one.
    static func publicLine(of privateKey: [UInt8], in folder: TemporaryFolder) async throws -> String {
        try FileSystem.write(privateKey, to: "\(folder.path)/private")
        return try await run(["ssh-keygen", "-y", "-f", "\(folder.path)/private"])
    }

    static func fingerprint(of publicKey: String, in folder: TemporaryFolder) async throws -> String {
        try FileSystem.write(Array(publicKey.utf8), to: "\(folder.path)/public")
        let line = try await run(["ssh-keygen", "-l", "-f", "\(folder.path)/public"])
        return line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    }

    private static func keygen(_ arguments: [String], passphrase: String = "") async throws {
        try await run(["ssh-keygen", "-q", "-N", passphrase, "-C", "a comment"] + arguments)
    }

    @discardableResult
    private static func run(_ words: [String]) async throws -> String {
        guard let program = Executable.find(words[0], path: "/usr/local/bin:/usr/bin:/bin") else {
            throw TooLate(description: "\(words[0]) is missing")
        }
        let finished = try await ChildProcess.run(.init(program, Array(words.dropFirst())))
        guard finished.status.isSuccess else { throw TooLate(description: finished.errorText) }
        return finished.text.split(separator: "\n").joined()
    }
}
