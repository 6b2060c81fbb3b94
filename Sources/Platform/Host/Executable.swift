internal import Glibc

/// Finds programs.
package enum Executable {
    /// The first executable file of that name on a search path.
    ///
    /// - Parameters:
    ///   - name: With a slash it is a path already and only checked.
    ///   - path: Folders separated by colons, as in `PATH`; relative ones are passed over.
    /// - Returns: Its path, or nil.
    package static func find(_ name: String, path: String) -> String? {
        if name.contains("/") { return isExecutable(name) ? name : nil }
        for folder in path.split(separator: ":") where folder.hasPrefix("/") {
            let candidate = "\(folder)/\(name)"
            if isExecutable(candidate) { return candidate }
        }
        return nil
    }

    /// A regular file that this user may execute.
    package static func isExecutable(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
