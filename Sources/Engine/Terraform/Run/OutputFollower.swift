internal import Dispatch
internal import Host
internal import Synchronization

/// Reads the file that Terraform writes to, as it grows; one reader.
actor OutputFollower {
    private let file: OpenFile
    private let parser: EventParser
    /// Nil where the user has no inotify instance left: then the file is looked at every so often.
    private let watcher: DirectoryWatcher?
    private static let pollInterval = Duration.milliseconds(20)
    private nonisolated let wakeUp = WakeUp()
    private nonisolated let isComplete = Mutex(false)
    private var offset: Int
    private var splitter = LineSplitter()
    private var ready: [TerraformLine] = []

    /// Begins at the file's present end.
    init(workspace: Workspace, parser: EventParser) throws(HostError) {
        let path = workspace.outputPath
        file = try OpenFile(reading: path)
        offset = file.byteCount
        self.parser = parser
        let name = String(path.dropFirst(workspace.path.count + 1))
        let wakeUp = wakeUp
        watcher = try? DirectoryWatcher(folder: workspace.path, queue: DispatchQueue(label: "slipway.output")) { changed in
            if changed == nil || changed == name { wakeUp.ring() }
        }
    }

    /// Nothing more will be written, or nobody wants to read on.
    nonisolated func complete() {
        isComplete.withLock { $0 = true }
        wakeUp.ring()
    }

    /// The next line; nil after the last.
    func next() async -> TerraformLine? {
        while true {
            if !ready.isEmpty { return ready.removeFirst() }
            // Looked at first: what was written before completion is read after it.
            let isLast = isComplete.withLock { $0 }
            // A file in memory that can't be read any more has ended.
            let bytes = (try? file.read(from: offset, limit: 256 * 1024)) ?? []
            offset += bytes.count
            ready = splitter.add(bytes).map(parser.parse)
            guard ready.isEmpty, bytes.isEmpty else { continue }
            if isLast { return splitter.finish().map(parser.parse) }
            if watcher == nil {
                // Cancelled: the reader doesn't want to read on.
                guard (try? await Task.sleep(for: Self.pollInterval)) != nil else { return nil }
            } else {
                await wakeUp.wait()
            }
        }
    }
}
