internal import Host

/// One profile of the files that AWS's own programs use.
///
/// - SeeAlso: <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>
struct AWSProfile {
    private let name: String
    private let credentialsFile: String
    private let configFile: String
    private let isNamed: Bool

    init(_ environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let folder = "\(value("HOME") ?? "")/.aws"
        isNamed = value("AWS_PROFILE") != nil
        name = value("AWS_PROFILE") ?? "default"
        credentialsFile = value("AWS_SHARED_CREDENTIALS_FILE") ?? "\(folder)/credentials"
        configFile = value("AWS_CONFIG_FILE") ?? "\(folder)/config"
    }

    /// The profile's access key: from the credentials file, then from the configuration file.
    func credentials() throws(RemoteError) -> AWSCredentials {
        let places = [try section(name, of: credentialsFile), try configSection()]
        for settings in places {
            guard let id = settings["aws_access_key_id"], let secret = settings["aws_secret_access_key"] else { continue }
            return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: settings["aws_session_token"])
        }
        let place = isNamed ? "profile \"\(name.harmless)\" of \(credentialsFile) holds no access key" : "\(credentialsFile) holds none"
        throw RemoteError(.noCredentials("no access key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \(place)"))
    }

    /// The profile's region, if it has one.
    func region() throws(RemoteError) -> String? { try configSection()["region"] }

    // MARK: - Details

    private func configSection() throws(RemoteError) -> [String: String] {
        try section(name == "default" ? name : "profile \(name)", of: configFile)
    }

    private func section(_ wanted: String, of path: String) throws(RemoteError) -> [String: String] {
        let bytes: [UInt8]
        do throws(HostError) {
            bytes = try FileSystem.read(path, limit: 1 << 20)
        } catch {
            if error.isMissing { return [:] }
            throw RemoteError(.noCredentials("the file with the access key can't be read: \(error)"))
        }
        return Self.section(wanted, in: String(decoding: bytes, as: UTF8.self))
    }

    /// The settings between `[wanted]` and the next heading; indented lines belong to a nested setting and are skipped.
    static func section(_ wanted: String, in text: String) -> [String: String] {
        var settings: [String: String] = [:]
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#", first != ";", !first.isWhitespace else { continue }
            if first == "[" {
                let heading = line.dropFirst().prefix { $0 != "]" }.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                isInside = heading == wanted
            } else if isInside, let equals = line.firstIndex(of: "=") {
                settings[line[..<equals].trimmed.lowercased()] = line[line.index(after: equals)...].trimmed
            }
        }
        return settings
    }
}
