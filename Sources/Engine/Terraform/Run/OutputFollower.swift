internal import Dispatch
internal import Host
internal import Synchronization

/// Reads the files that Terraform writes to, as they grow; one reader.
actor OutputFollower {
    private struct Followed {
        let file: OpenFile
        var offset: Int
        var splitter = LineSplitter()
        let parse: @Sendable (LineSplitter.Line) -> TerraformLine

        /// Begins at the file's present end.
        init(_ file: OpenFile, parse: @escaping @Sendable (LineSplitter.Line) -> TerraformLine) {
            self.file = file
            offset = file.byteCount
            self.parse = parse
        }

        /// The lines that are whole; nil when nothing new was there.
        mutating func read() -> [TerraformLine]? {
            // A file in memory that can't be read any more has ended.
            let bytes = (try? file.read(from: offset, limit: 256 * 1024)) ?? []
            guard !bytes.isEmpty else { return nil }
            offset += bytes.count
            return splitter.add(bytes).map(parse)
        }
    }

    private var events: Followed
    /// What isn't said as events: a crash of Terraform's, a program that it started.
    private var rest: Followed
    /// Nil where the user has no inotify instance left: then the files are looked at every so often.
    private let watcher: DirectoryWatcher?
    private static let pollInterval = Duration.milliseconds(20)
    private nonisolated let wakeUp = WakeUp()
    private nonisolated let isComplete = Mutex(false)
    /// Lines that were read and not handed out yet, from ``nextReady`` on.
    ///
    /// Not taken out one by one: removing the first of a hundred thousand moves all the others, each time.
    private var ready: [TerraformLine] = []
    private var nextReady = 0

    /// Begins at the files' present ends.
    ///
    /// - Parameters:
    ///   - workspace: Whose.
    ///   - parser: Reads lines.
    ///   - isInJSON: The command says events; else every line is text, whatever it looks like.
    /// - Throws: ``HostError`` when the files are not there.
    init(workspace: Workspace, parser: EventParser, isInJSON: Bool) throws(HostError) {
        events = Followed(try Self.open(Workspace.outputName, in: workspace)) { isInJSON ? parser.parse($0) : parser.plain($0) }
        rest = Followed(try Self.open(Workspace.errorName, in: workspace), parse: parser.plain)
        let wakeUp = wakeUp
        watcher = try? DirectoryWatcher(folder: workspace.path, queue: DispatchQueue(label: "slipway.output")) { changed in
            if changed == nil || changed == Workspace.outputName || changed == Workspace.errorName { wakeUp.ring() }
        }
    }

    private static func open(_ name: String, in workspace: Workspace) throws(HostError) -> OpenFile {
        guard let file = try workspace.folder.file(name) else { throw HostError(errno: 2, doing: "read", path: name) }
        return file
    }

    /// Nothing more will be written, or nobody wants to read on.
    nonisolated func complete() {
        isComplete.withLock { $0 = true }
        wakeUp.ring()
    }

    /// The next line; nil after the last.
    func next() async -> TerraformLine? {
        while true {
            if nextReady < ready.count {
                defer { nextReady += 1 }
                return ready[nextReady]
            }
            // Looked at first: what was written before completion is read after it.
            let isLast = isComplete.withLock { $0 }
            let (found, others) = (events.read(), rest.read())
            (ready, nextReady) = ((found ?? []) + (others ?? []), 0)
            guard ready.isEmpty, found == nil, others == nil else { continue }
            if isLast {
                if let cut = events.splitter.finish() { return events.parse(cut) }
                return rest.splitter.finish().map(rest.parse)
            }
            if watcher == nil {
                // Cancelled: the reader doesn't want to read on.
                guard (try? await Task.sleep(for: Self.pollInterval)) != nil else { return nil }
            } else {
                await wakeUp.wait()
            }
        }
    }
}
