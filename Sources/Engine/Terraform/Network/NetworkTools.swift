internal import Host

/// The programs that make a filtered network.
struct NetworkTools: Sendable, Hashable {
    let slirp4netns: String
    let nsenter: String
    let unshare: String

    private static let device = "/dev/net/tun"

    /// Finds them, and looks whether this user may have a device for packets.
    ///
    /// - Parameter path: A search path; where Debian keeps programs for root is looked at, too.
    /// - Returns: Their files.
    /// - Throws: ``TerraformError/Reason/networkUnavailable(why:)`` with the package to install, or what is wrong with the device.
    static func find(path: String) throws(TerraformError) -> NetworkTools {
        func find(_ name: String, _ package: String) throws(TerraformError) -> String {
            guard let found = Executable.find(name, path: "\(path):/usr/sbin:/sbin") else {
                throw TerraformError(.networkUnavailable(why: "\(name) is missing: install the package \(package)"))
            }
            return found
        }
        let slirp = try find("slirp4netns", "slirp4netns")
        _ = try find("ip", "iproute2")
        do throws(HostError) {
            _ = try OpenFile(reading: device)
        } catch {
            let remedy = "load the module tun, and let the server's user open the device (mode 0666, as udev sets it)"
            throw TerraformError(.networkUnavailable(why: "\(error): \(remedy)"))
        }
        return NetworkTools(slirp4netns: slirp, nsenter: try find("nsenter", "util-linux"), unshare: try find("unshare", "util-linux"))
    }
}
