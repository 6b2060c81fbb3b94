internal import CLinux
internal import CSeccomp
internal import Glibc

/// Which system calls a program and all that it starts may make: a filter for the kernel, made by libseccomp.
///
/// What is refused fails with `EPERM` (or `ENOSYS`, where programs then take another way), and nothing is killed for asking.
///
/// - SeeAlso: seccomp(2), <https://github.com/seccomp/libseccomp>
package struct SystemCallFilter: Sendable, Hashable {
    /// The program for the kernel, as `bwrap --seccomp` takes it.
    package let program: [UInt8]

    /// The filter for programs that nobody trusts: no look into other processes, no namespaces, mounts, keys, modules or clocks of the system,
    /// no way into the kernel that ordinary programs don't need, and no sockets but those of ordinary programs.
    ///
    /// - Throws: ``HostError`` when libseccomp is missing or this machine's processor is unknown to it.
    package static func untrusted() throws(HostError) -> SystemCallFilter {
        if let fault = slipway_load_seccomp() {
            throw HostError(errno: ENOSYS, doing: "load", path: String(cString: fault))
        }
        // Everything else is allowed: a list of what Terraform, every provider and every tool of a provisioner need would never be complete.
        guard let filter = seccomp_init(slipway_seccomp_allow()) else { throw failure(ENOMEM) }
        defer { seccomp_release(filter) }
        // A program for another kind of processor (32 bits) calls by other numbers: it is refused as a whole.
        try check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, refuse(ENOSYS)))
        for name in refused { try add(name, EPERM, [], to: filter) }
        // What it is asked lies in memory, which a filter can't see. Programs go back to clone(2).
        try add("clone3", ENOSYS, [], to: filter)
        for (name, argument) in [("clone", UInt32(0)), ("unshare", 0)] {
            for flag in namespaces { try add(name, EPERM, [masked(argument, flag, equals: flag)], to: filter) }
        }
        try restrictSockets(filter)
        // Input as if typed at the terminal, and the console's copy of it.
        for request in [UInt64(0x5412), 0x541C] { try add("ioctl", EPERM, [masked(1, 0xFFFF_FFFF, equals: request)], to: filter) }
        return SystemCallFilter(program: try exported(filter))
    }

    // MARK: - What is refused

    private static let refused = [
        // Other processes, and processors that it wasn't given
        "sched_setaffinity", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise",
        // Keys of the kernel
        "add_key", "request_key", "keyctl",
        // Namespaces and mounts
        "setns", "mount", "umount", "umount2", "pivot_root", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
        "mount_setattr", "name_to_handle_at", "open_by_handle_at", "swapon", "swapoff", "quotactl", "quotactl_fd",
        // Into the kernel
        "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "init_module", "finit_module",
        "delete_module", "kexec_load", "kexec_file_load", "lookup_dcookie", "iopl", "ioperm", "syslog", "acct", "uselib", "nfsservctl",
        "vmsplice", "fanotify_init", "modify_ldt",
        // The whole machine
        "reboot", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "sethostname", "setdomainname", "vhangup",
    ]

    /// `CLONE_NEW…`: time, mount, cgroup, UTS, IPC, user, process ids, network.
    private static let namespaces: [UInt64] = [
        0x80, 0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ]

    /// Unix, IPv4, IPv6, and of netlink only the routes, which name resolution asks for; nothing raw.
    private static func restrictSockets(_ filter: scmp_filter_ctx) throws(HostError) {
        let (unix, ipv4, ipv6, netlink) = (UInt64(1), UInt64(2), UInt64(10), UInt64(16))
        for family in UInt64(0)...46 where ![unix, ipv4, ipv6, netlink].contains(family) {
            try add("socket", EAFNOSUPPORT, [equal(0, family)], to: filter)
        }
        try add("socket", EAFNOSUPPORT, [slipway_seccomp_argument(0, Int32(SCMP_CMP_GT.rawValue), 46, 0)], to: filter)
        for family in [ipv4, ipv6] { try add("socket", EPERM, [equal(0, family), masked(1, 0xF, equals: 3)], to: filter) }
        try add("socket", EPERM, [equal(0, netlink), slipway_seccomp_argument(2, Int32(SCMP_CMP_NE.rawValue), 0, 0)], to: filter)
    }

    // MARK: - Details

    private static func add(_ name: String, _ number: Int32, _ comparisons: [scmp_arg_cmp], to filter: scmp_filter_ctx) throws(HostError) {
        let call = seccomp_syscall_resolve_name(name)
        // A call that this library doesn't know is one that this processor, or every kernel of its time, doesn't have.
        guard call != -1 else { return }
        let result = seccomp_rule_add_array(filter, refuse(number), call, UInt32(comparisons.count), comparisons)
        // No such call on this processor.
        guard result != -EDOM else { return }
        try check(result)
    }

    private static func equal(_ argument: UInt32, _ value: UInt64) -> scmp_arg_cmp {
        slipway_seccomp_argument(argument, Int32(SCMP_CMP_EQ.rawValue), value, 0)
    }

    private static func masked(_ argument: UInt32, _ mask: UInt64, equals value: UInt64) -> scmp_arg_cmp {
        slipway_seccomp_argument(argument, Int32(SCMP_CMP_MASKED_EQ.rawValue), mask, value)
    }

    private static func refuse(_ number: Int32) -> UInt32 { slipway_seccomp_refuse(number) }

    private static func exported(_ filter: scmp_filter_ctx) throws(HostError) -> [UInt8] {
        let file = try MemoryFile([])
        try check(seccomp_export_bpf(filter, file.descriptor))
        return try FileSystem.read("/proc/self/fd/\(file.descriptor)")
    }

    private static func check(_ result: Int32) throws(HostError) {
        guard result == 0 else { throw failure(-result) }
    }

    private static func failure(_ number: Int32) -> HostError {
        HostError(errno: number, doing: "make", path: "a filter of system calls")
    }
}
