internal import Host

/// The programs that make a filtered network.
struct NetworkTools: Sendable, Hashable {
    let slirp4netns: String
    let nsenter: String
    let unshare: String

    /// Finds them.
    ///
    /// - Parameter path: A search path; where Debian keeps programs for root is looked at, too.
    /// - Throws: ``TerraformError/Reason/networkUnavailable(why:)`` with the package to install.
    static func find(path: String) throws(TerraformError) -> NetworkTools {
        func find(_ name: String, _ package: String) throws(TerraformError) -> String {
            guard let found = Executable.find(name, path: "\(path):/usr/sbin:/sbin") else {
                throw TerraformError(.networkUnavailable(why: "\(name) is missing: install the package \(package)"))
            }
            return found
        }
        let slirp = try find("slirp4netns", "slirp4netns")
        _ = try find("ip", "iproute2")
        return NetworkTools(slirp4netns: slirp, nsenter: try find("nsenter", "util-linux"), unshare: try find("unshare", "util-linux"))
    }
}
