import FoundationEssentials
import Log
import Storage
import Terraform

/// How this program is set up: the environment's `SLIPWAY_*` variables and the options that override them.
struct Configuration: Sendable {
    /// The data folder, an absolute path.
    let dataFolder: String
    /// Nil: the SQLite file in the data folder.
    let databaseURL: String?
    /// A path; nil: what PATH has.
    let terraform: String?
    let sandboxMode: Sandbox.Mode
    /// A folder that holds unpacked providers as a registry mirror does; nil: as Terraform is configured.
    let providerMirror: String?
    /// How many jobs compute at once; nil: as many as there are processors.
    let workers: Int?
    let logLevel: LogLevel
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
        terraform = value("TERRAFORM")
        let sandboxText = value("SANDBOX") ?? Sandbox.Mode.preferred.rawValue
        guard let mode = Sandbox.Mode(rawValue: sandboxText) else {
            throw UsageError(message: "SLIPWAY_SANDBOX must be required, preferred or off, not '\(sandboxText)'.")
        }
        sandboxMode = mode
        providerMirror = value("PROVIDER_MIRROR")
        if let text = value("WORKERS") {
            guard let count = Int(text), 1...256 ~= count else {
                throw UsageError(message: "SLIPWAY_WORKERS must be a number from 1 to 256, not '\(text)'.")
            }
            workers = count
        } else {
            workers = nil
        }
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

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
