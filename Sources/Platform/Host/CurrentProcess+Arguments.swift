extension CurrentProcess {
    /// The words that the program was started with, its own name first.
    ///
    /// Asked of the kernel. Swift's runtime looks for them in memory, before the environment, and finds none once a library that was loaded before
    /// `main` has set a variable, as libfaketime does: the environment lies elsewhere then.
    ///
    /// - SeeAlso: <https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html>
    package static var arguments: [String] {
        // Without /proc there is nobody else to ask.
        guard let bytes = try? FileSystem.read("/proc/self/cmdline"), bytes.last == 0 else { return CommandLine.arguments }
        return bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
}
