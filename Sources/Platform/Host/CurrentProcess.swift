internal import Glibc

/// This process: its id, and its end.
package enum CurrentProcess {
    package static var id: Int32 { getpid() }

    /// Ends it, after what Swift and C have registered for the end.
    package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

    /// Ends it where it stands: nothing that was registered for the end is called.
    package static func exitAtOnce(_ code: Int32) -> Never { _exit(code) }
}
