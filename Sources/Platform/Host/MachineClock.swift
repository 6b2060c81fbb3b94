internal import CLinux
internal import Glibc

/// The machine's steady clock, the same for all its processes.
package enum MachineClock {
    /// The time since the machine started, sleep included; clock_gettime(2), `CLOCK_BOOTTIME`.
    package static func sinceBoot() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
