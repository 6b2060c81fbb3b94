internal import FoundationEssentials
internal import Host

extension ProviderStore {
    /// So long nobody asks again for what could not be had: a private registry is asked in vain once and not with every run.
    private static let patience: TimeInterval = 300

    /// Why something could not be had a moment ago; nil when it is worth asking.
    func refusal(of request: ProviderRequest) -> String? {
        let path = refusalPath(request)
        guard let facts = FileFacts(of: path), Date().timeIntervalSince1970 - Double(facts.modified) / 1e9 < Self.patience,
            // Without the file there is no refusal.
            let bytes = try? FileSystem.read(path, limit: 64 * 1024)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Remembers that something can't be had.
    func refuse(_ request: ProviderRequest, because why: String) throws(HostError) {
        try removeOldRefusals()
        try replace(refusalPath(request), with: Array(why.utf8), in: "\(folder)/.unavailable")
    }

    private func refusalPath(_ request: ProviderRequest) -> String { "\(folder)/.unavailable/\(request.name)" }

    /// Anybody can ask for anything: what is over makes room.
    private func removeOldRefusals() throws(HostError) {
        for name in try FileSystem.names(in: "\(folder)/.unavailable") {
            let path = "\(folder)/.unavailable/\(name)"
            guard let facts = FileFacts(of: path), Date().timeIntervalSince1970 - Double(facts.modified) / 1e9 > Self.patience else {
                continue
            }
            try FileSystem.removeFile(path)
        }
    }
}
