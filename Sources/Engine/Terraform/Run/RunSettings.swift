package import Log

/// What one run is given beyond its workspace.
package struct RunSettings: Sendable {
    /// Credentials and `TF_VAR_…`: all that the run sees besides PATH, HOME, TMPDIR, TF_* of ours and GOGC.
    package var environment: [String: String]
    /// Masks every line before it is handed out.
    package var redactor: Redactor
    /// How many resources at once; nil is Terraform's 10.
    package var parallelism: Int?
    /// What it may take of the machine.
    package var limits: RunLimits
    /// What it was promised of the storage of its workspace, in bytes: with less than that used it isn't ended for others' sake.
    package var room: Int

    package init(
        environment: [String: String] = [:],
        redactor: Redactor = Redactor(),
        parallelism: Int? = nil,
        limits: RunLimits = RunLimits(),
        room: Int = 0
    ) {
        self.environment = environment
        self.redactor = redactor
        self.parallelism = parallelism
        self.limits = limits
        self.room = room
    }
}
