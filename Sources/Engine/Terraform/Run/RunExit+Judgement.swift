internal import Host

/// What is known of a run's end.
struct RunEvidence: Sendable {
    var status: ExitStatus.End
    /// It was told to stop.
    var wasStopped = false
    /// We killed it, for this cause.
    var killed: RunExit.KillCause?
    /// Kills for want of memory that the kernel counted while it ran.
    var memoryKills = 0
    /// Terraform said that a provider's process went away.
    var providerDied = false

    /// How it ended.
    var end: RunExit.End {
        if let killed { return .killed(killed) }
        let code: Int32
        switch status {
        case .signal(let number): return .killed(number == 9 && memoryKills > 0 ? .memoryLimit : .signal(number))
        case .code(let number): code = number
        }
        if code == 0 { return .succeeded }
        // SIGINT before Terraform had a handler for it: nothing had begun.
        if wasStopped && (code < 128 || code == 130) { return .stopped }
        // bwrap and shells pass on a signal as 128 + its number; Terraform's own codes are small.
        if code > 128 { return .killed(code == 137 && memoryKills > 0 ? .memoryLimit : .signal(code - 128)) }
        if providerDied && memoryKills > 0 { return .killed(.memoryLimit) }
        return .failed(code: code)
    }
}

/// What a run's output tells about its end, found without a reader of its lines.
struct OutputFindings: Sendable {
    private(set) var needsInitialization = false
    private(set) var providerDied = false
    /// `init` with a lock file that the configuration has outgrown.
    private(set) var outgrewLock = false

    /// - Parameter output: All that this run wrote.
    init(_ output: [UInt8]) {
        let text = String(decoding: output, as: UTF8.self)
        let hasBegun = text.contains(#""type":"apply_start""#)
        needsInitialization =
            !hasBegun
            && [
                #""summary":"Inconsistent dependency lock file""#, #""summary":"Module not installed""#,
                #""summary":"Required plugins are not installed""#, #""summary":"Missing required provider""#,
            ].contains { text.contains($0) }
        providerDied = text.contains("Plugin did not respond") || text.contains("plugin process exited")
        outgrewLock = text.contains("does not match configured version")
    }
}
