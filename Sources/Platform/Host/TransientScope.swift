internal import Glibc

/// A scope of systemd's for this process alone, with a control group that is this user's to divide.
///
/// - SeeAlso: systemd.scope(5), org.freedesktop.systemd1(5) (`StartTransientUnit`)
package enum TransientScope {
    /// Asks the user's manager for one, or the system's for root, and waits until this process is in it.
    ///
    /// When the manager stops the scope, for one because the user logs out, it tells this process so by SIGURG (``StopSignals``), which nobody
    /// else minds: SIGTERM would reach what this process runs as well, which it is to stop itself.
    ///
    /// - Parameter environment: `PATH`, and where the user's manager listens.
    /// - Returns: Whether this process is in one now; false where there is no systemd.
    package static func enter(environment: [String: String]) async -> Bool {
        let path = environment["PATH"] ?? "/usr/bin:/bin"
        guard FileSystem.exists("/run/systemd/system"), let busctl = Executable.find("busctl", path: path), let before = ControlGroup.own
        else { return false }
        let name = "slipway-\(getpid()).scope"
        var arguments = ["--user"]
        if CurrentUser.id == 0 { arguments = ["--system"] }
        arguments += [
            "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "StartTransientUnit",
            "ssa(sv)a(sa(sv))", name, "fail", "6", "Description", "s", "Slipway's runs", "Delegate", "b", "true", "PIDs", "au", "1",
            "\(getpid())", "KillSignal", "i", "\(signal)", "TimeoutStopUSec", "t", "150000000",
            "CollectMode", "s", "inactive-or-failed", "0",
        ]
        let names = ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME", "PATH"]
        let known = environment.filter { names.contains($0.key) }
        let command = ChildProcess.Command(busctl, arguments, environment: known, folder: "/")
        // A manager that doesn't answer gives none.
        guard let answer = try? await ChildProcess.run(command, timeout: .seconds(5)), answer.status.isSuccess else { return false }
        for _ in 0..<1000 {
            if let own = ControlGroup.own, own != before, own.name == name { return true }
            // Cancelled: nobody waits for it any more.
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return false }
        }
        return false
    }

    static let signal = SIGURG
}
