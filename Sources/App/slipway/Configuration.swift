import Domain
import FoundationEssentials
import Log
import Remote
import Sealing
import StateVault
import Storage
import Terraform

/// How this program is set up: the environment's `SLIPWAY_*` variables and the options that override them.
struct Configuration: Sendable {
    /// The data folder, an absolute path.
    let dataFolder: String
    /// Nil: the SQLite file in the data folder.
    let databaseURL: String?
    /// Redis, in front of the locks; nil: none.
    let redisURL: String?
    /// A path; nil: what PATH has.
    let terraform: String?
    let sandboxMode: Sandbox.Mode
    /// What one run may take of the machine.
    let runLimits: RunLimits
    /// As whom runs go on where this is root; nil is `nobody`.
    let runUser: String?
    /// What runs of organizations without a setting of their own reach; nil: filtered where there are several organizations.
    let network: NetworkMode?
    /// A folder that holds unpacked providers as a registry mirror does; nil: as Terraform is configured.
    let providerMirror: String?
    /// How many jobs compute at once; nil: as many as there are processors.
    let workers: Int?
    let logLevel: LogLevel
    /// Where a server listens, each `HOST:PORT`.
    let listen: [String]
    /// Requests a second that a server answers one token or user, and one address whose caller it doesn't know.
    let callerRate: Int
    let strangerRate: Int
    /// Where backups of states lie.
    let backups: ObjectLocation
    /// Larger states are refused, in bytes.
    let stateLimit: Int
    /// Which versions of a state are kept, where an organization says nothing else.
    let retention: RetentionPolicy
    /// The environment that all this was read from.
    let environment: [String: String]

    /// Reads the configuration.
    ///
    /// - Throws: ``UsageError`` when a variable holds what can't be used.
    init(environment: [String: String], dataOption: String?, isVerbose: Bool = false) throws(UsageError) {
        self.environment = environment
        func value(_ name: String) -> String? {
            guard let text = environment["SLIPWAY_\(name)"], !text.isEmpty else { return nil }
            return text
        }
        dataFolder = Self.absolute(try Self.dataFolder(option: dataOption ?? value("DATA"), environment: environment))
        databaseURL = value("DATABASE_URL")
        redisURL = value("REDIS_URL")
        terraform = value("TERRAFORM")
        let sandboxText = value("SANDBOX") ?? Sandbox.Mode.preferred.rawValue
        guard let mode = Sandbox.Mode(rawValue: sandboxText) else {
            throw UsageError(message: "SLIPWAY_SANDBOX must be required, preferred or off, not '\(sandboxText)'.")
        }
        sandboxMode = mode
        runUser = value("RUN_USER")
        var limits = RunLimits()
        for limit in RunLimit.allCases {
            guard let text = environment[limit.rule.setting], !text.isEmpty else { continue }
            guard let amount = limit.amount(text) else {
                throw UsageError(message: "\(limit.rule.setting) must be \(limit.wanted), not '\(text)'.")
            }
            limits[limit] = amount
        }
        runLimits = limits
        network = try value("NETWORK").map { text throws(UsageError) in
            guard let mode = NetworkMode(rawValue: text) else {
                throw UsageError(message: "SLIPWAY_NETWORK must be host, filtered or none, not '\(text)'.")
            }
            return mode
        }
        providerMirror = value("PROVIDER_MIRROR")
        if let text = value("WORKERS") {
            guard let count = Int(text), 1...256 ~= count else {
                throw UsageError(message: "SLIPWAY_WORKERS must be a number from 1 to 256, not '\(text)'.")
            }
            workers = count
        } else {
            workers = nil
        }
        listen = (value("LISTEN") ?? "127.0.0.1:8080").split(separator: ",").map { String($0.filter { $0 != " " }) }
        do throws(RemoteError) {
            backups = try ObjectLocation.parse(value("BACKUP_URL") ?? "file://\(Self.percentEncoded("\(dataFolder)/backups"))")
        } catch {
            throw UsageError(message: "SLIPWAY_BACKUP_URL can't be used: \(error).")
        }
        func number(_ text: String?, _ name: String, in range: ClosedRange<Int>, or standard: Int) throws(UsageError) -> Int {
            guard let text else { return standard }
            guard let count = Int(text), range.contains(count) else {
                let bounds = "a number from \(range.lowerBound) to \(range.upperBound)"
                throw UsageError(message: "SLIPWAY_\(name) must be \(bounds), not '\(text)'.")
            }
            return count
        }
        callerRate = try number(value("CALLER_RATE"), "CALLER_RATE", in: 1...1_000_000, or: 200)
        strangerRate = try number(value("STRANGER_RATE"), "STRANGER_RATE", in: 1...1_000_000, or: 10)
        let mebibytes = try number(value("STATE_LIMIT"), "STATE_LIMIT", in: 1...1024, or: StateVault.standardLimit >> 20)
        stateLimit = mebibytes << 20
        retention = RetentionPolicy(
            versions: try number(value("STATE_VERSIONS"), "STATE_VERSIONS", in: 1...1_000_000, or: 30),
            days: try number(value("STATE_DAYS"), "STATE_DAYS", in: 0...36500, or: 90)
        )
        if let text = value("LOG") {
            guard let level = LogLevel(rawValue: text) else {
                throw UsageError(message: "SLIPWAY_LOG must be debug, info, warning or error, not '\(text)'.")
            }
            logLevel = level
        } else {
            logLevel = isVerbose ? .info : .warning
        }
    }

    /// Where the database is.
    var database: DatabaseLocation {
        get throws { try databaseURL.map { try DatabaseLocation.parse($0) } ?? .sqlite(path: "\(dataFolder)/slipway.sqlite") }
    }

    /// The keyring's file, or the variable that takes its place.
    var keyringStore: KeyringStore { KeyringStore(folder: dataFolder, environment: environment, services: keyServices) }

    /// What opens keys that are not in the keyring in plain.
    var keyServices: [any KeyService] { [KeyManagementService(environment: environment)] }

    /// Where the database is, without secrets; nil for the file in the data folder.
    var databasePlace: String? { databaseURL.flatMap { try? DatabaseLocation.parse($0).description } }  // another is refused at opening

    private static func dataFolder(option: String?, environment: [String: String]) throws(UsageError) -> String {
        if let option { return option }
        if let home = environment["XDG_DATA_HOME"], home.hasPrefix("/") { return "\(home)/slipway" }
        guard let home = environment["HOME"], !home.isEmpty else {
            throw UsageError(message: "Neither SLIPWAY_DATA nor HOME is set; say where the data folder is with --data DIR.")
        }
        return "\(home)/.local/share/slipway"
    }

    /// A path as the part of a URL: all but what surely stands for itself is escaped.
    private static func percentEncoded(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
            }
        }
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
