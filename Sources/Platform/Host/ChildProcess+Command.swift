extension ChildProcess {
    /// What to start, and what it is connected to.
    package struct Command: Sendable {
        /// What the child reads.
        package enum Input: Sendable {
            case null
            /// These bytes, then the end.
            case bytes([UInt8])
            /// An open descriptor, which stays the caller's.
            case descriptor(Int32)
        }

        /// Where the child's output goes.
        package enum Output: Sendable {
            case null
            /// Appended to this file, which is made with mode 0600 when missing.
            case file(String)
            /// An open descriptor, which stays the caller's.
            case descriptor(Int32)
            /// Called with each piece as it comes, serially; with no bytes once, at the end of the stream.
            case pieces(@Sendable ([UInt8]) -> Void)
        }

        /// What a child gets besides 0, 1 and 2.
        package enum Inherited: Sendable {
            /// An open descriptor, which stays the caller's.
            case descriptor(Int32)
            /// Bytes to read.
            case memory(MemoryFile)

            var number: Int32 {
                switch self {
                case .descriptor(let number): number
                case .memory(let file): file.descriptor
                }
            }
        }

        /// A path with a slash; ``Executable/find(_:path:)`` finds one on a search path.
        package var executable: String
        /// Without the program's own name.
        package var arguments: [String]
        /// All of the child's environment; nothing is inherited.
        package var environment: [String: String]
        /// The working folder; nil is the parent's.
        package var folder: String?
        package var input: Input
        package var output: Output
        package var errorOutput: Output
        /// A session, and so a process group, of its own: no signal of the terminal reaches it.
        package var newSession: Bool
        /// What the child gets as 3, 4, …, in this order.
        package var inherited: [Inherited]
        /// It and all that it starts connect to no abstract Unix socket of anybody else's, and get no rights from a program's file.
        ///
        /// Only where ``AbstractSockets/canBeClosed``.
        package var hasNoAbstractSockets = false

        package init(
            _ executable: String,
            _ arguments: [String] = [],
            environment: [String: String] = [:],
            folder: String? = nil,
            input: Input = .null,
            output: Output = .null,
            errorOutput: Output = .null,
            newSession: Bool = true,
            inherited: [Inherited] = []
        ) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
            self.folder = folder
            self.input = input
            self.output = output
            self.errorOutput = errorOutput
            self.newSession = newSession
            self.inherited = inherited
        }
    }
}
