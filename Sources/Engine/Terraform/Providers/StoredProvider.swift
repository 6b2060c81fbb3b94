internal import Host

/// A provider in the store, as its record has it.
struct StoredProvider: Sendable, Hashable {
    /// What every file looked like when it was verified: a changed one is noticed without reading it.
    struct File: Sendable, Hashable {
        var name: String
        var byteCount: Int
        var modified: Int64
        var inode: UInt64
    }

    var address: ProviderAddress
    var version: TerraformVersion
    /// What it is built for: `linux_amd64`.
    var platform: String
    /// Of the unpacked folder, computed here.
    var h1: String
    /// All that the lock file had, ``h1`` included.
    var hashes: [String]
    var files: [File]
    /// Our own installer has brought it in, or has found it to be what its registry or mirror has; else no run is given it.
    var isVerified: Bool

    var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

    /// Relative to the store, as in a mirror.
    static func path(_ address: ProviderAddress, _ version: TerraformVersion, _ platform: String) -> String {
        "\(address)/\(version)/\(platform)"
    }

    var path: String { Self.path(address, version, platform) }

    /// For people: `registry.terraform.io/hashicorp/aws 5.100.0`.
    var text: String { "\(address) \(version)" }

    /// The files as they are now.
    static func files(in folder: String) throws(HostError) -> [File] {
        try ProviderHash.files(in: folder).compactMap { name in
            FileFacts(of: "\(folder)/\(name)").map { File(name: name, byteCount: $0.byteCount, modified: $0.modified, inode: $0.inode) }
        }
    }

    // MARK: - The record

    /// Records without this number were written when the run's own `init` filled the store: what they say is not verified.
    private static let recordFormat = 2

    init(
        address: ProviderAddress,
        version: TerraformVersion,
        platform: String,
        h1: String,
        hashes: [String],
        files: [File],
        isVerified: Bool = true
    ) {
        self.address = address
        self.version = version
        self.platform = platform
        self.h1 = h1
        self.hashes = hashes
        self.files = files
        self.isVerified = isVerified
    }

    /// Reads a record; nil when it is none.
    init?(record: [UInt8]) {
        guard let json = JSONValue(parsing: record), let address = json["provider"]?.string.flatMap(ProviderAddress.init),
            let version = json["version"]?.string.flatMap(TerraformVersion.init), let platform = json["platform"]?.string,
            let h1 = json["h1"]?.string, let files = json["files"]?.array
        else { return nil }
        self.init(
            address: address,
            version: version,
            platform: platform,
            h1: h1,
            hashes: (json["hashes"]?.array ?? []).compactMap(\.string),
            files: files.compactMap { file in
                guard let name = file["name"]?.string, let size = file["bytes"]?.int,
                    let modified = file["modified"]?.string.flatMap({ Int64($0) }),
                    let inode = file["inode"]?.string.flatMap({ UInt64($0) })
                else { return nil }
                return File(name: name, byteCount: size, modified: modified, inode: inode)
            },
            isVerified: json["format"]?.int == Self.recordFormat
        )
    }

    var record: [UInt8] {
        let files = files.map { file in
            JSONValue.object([
                .init(name: "name", value: .string(file.name)), .init(name: "bytes", value: .number("\(file.byteCount)")),
                .init(name: "modified", value: .string("\(file.modified)")), .init(name: "inode", value: .string("\(file.inode)")),
            ])
        }
        let format = isVerified ? [JSONValue.Member(name: "format", value: .number("\(Self.recordFormat)"))] : []
        let json = JSONValue.object(
            format + [
                .init(name: "provider", value: .string(address.description)), .init(name: "version", value: .string(version.description)),
                .init(name: "platform", value: .string(platform)), .init(name: "h1", value: .string(h1)),
                .init(name: "hashes", value: .array(hashes.map(JSONValue.string))), .init(name: "files", value: .array(files)),
            ]
        )
        return Array(json.text.utf8)
    }
}
