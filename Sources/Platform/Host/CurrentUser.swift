internal import Glibc

/// The user this process acts as.
package enum CurrentUser {
    package static var id: UInt32 { geteuid() }
    /// Its group's number.
    package static var group: UInt32 { getegid() }

    /// The name that the system's user database has for it; nil for a user that is not in it, as in many containers.
    package static var name: String? { entry(\.pw_name) }

    /// The home that the system's user database has for it, whatever `HOME` says.
    package static var home: String? { entry(\.pw_dir) }

    /// - SeeAlso: getpwuid_r(3)
    private static func entry(_ part: KeyPath<passwd, UnsafeMutablePointer<CChar>?>) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let text = entry[keyPath: part] else {
            return nil
        }
        return String(cString: text)
    }
}
