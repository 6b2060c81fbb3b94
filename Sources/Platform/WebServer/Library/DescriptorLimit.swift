internal import CLinux
internal import Glibc

/// How many descriptors this process may have open: 1024 unless somebody asks for more.
enum DescriptorLimit {
    /// Asks for more, as far as the system lets every user.
    static func raise(to wanted: Int) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(wanted) else { return }
        limit.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
