internal import Host

/// Who a worker is, for its row and for the worker that may have to take up its jobs.
package struct WorkerIdentity: Sendable {
    package let host: String
    package let pid: Int
    /// Names the process for as long as this machine runs; nil where that can't be told.
    package let incarnation: String?
    /// Of the program.
    package let version: String

    package init(host: String, pid: Int, incarnation: String?, version: String) {
        self.host = host
        self.pid = pid
        self.incarnation = incarnation
        self.version = version
    }

    /// This process.
    package static var current: WorkerIdentity { current(version: "") }
}

extension WorkerIdentity {
    /// This process, of a program of that version.
    package static func current(version: String) -> WorkerIdentity {
        let process = ProcessIdentity.current
        return WorkerIdentity(host: process.host, pid: process.pid, incarnation: process.incarnation, version: version)
    }

    /// What the incarnations of all processes of this machine begin with.
    var machinePrefix: String? { ProcessIdentity.machinePrefix(of: incarnation) }

    /// Whether a process of this machine has ended for certain.
    static func isGone(incarnation: String) -> Bool { ProcessIdentity.isGone(incarnation: incarnation) }
}
