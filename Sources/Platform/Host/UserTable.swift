internal import Glibc

/// The users of this machine.
package enum UserTable {
    /// A user and its group.
    ///
    /// - Parameter name: As the system's user database has it, or `UID:GID` in numbers.
    /// - Returns: Nil when there is none.
    /// - SeeAlso: getpwnam_r(3)
    package static func user(_ name: String) -> FileOwner? {
        let numbers = name.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
        if numbers.count == 2, let user = numbers[0], let group = numbers[1] { return FileOwner(user: user, group: group) }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return FileOwner(user: entry.pw_uid, group: entry.pw_gid)
    }
}
