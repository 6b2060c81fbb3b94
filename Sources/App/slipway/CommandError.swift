/// A command that can't do what it was asked; printed as it is, and the program exits with ``ExitCode/failed``.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ sentence: String) { description = sentence }
}
