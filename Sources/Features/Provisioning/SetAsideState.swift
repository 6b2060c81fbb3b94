internal import Domain
internal import FoundationEssentials
package import Sealing

/// A state that a run had to leave in the `leftovers` folder, because another writer had taken its place.
package enum SetAsideState {
    /// Its file: `<job>-<fence>.sealed`.
    static func name(job: JobID, fence: Fence) -> String { "\(job)-\(fence).sealed" }

    static func context(job: JobID, fence: Fence) -> String { "leftover/\(job)/\(fence)" }

    /// Opens such a file.
    ///
    /// - Parameters:
    ///   - bytes: Its content.
    ///   - path: It carries what the content is bound to in its name: a renamed file doesn't open.
    ///   - keyring: With the key that sealed it.
    /// - Returns: Terraform's state JSON; nil when this is no such file.
    /// - Throws: ``SealingError``.
    package static func open(_ bytes: [UInt8], at path: String, with keyring: Keyring) throws(SealingError) -> [UInt8]? {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard name.hasSuffix(".sealed"), let dash = name.lastIndex(of: "-"),
            let fence = Int64(name[name.index(after: dash)...].dropLast(".sealed".count))
        else { return nil }
        let job = JobID(rawValue: String(name[..<dash]))
        return try Envelope.open(bytes, with: keyring, context: context(job: job, fence: Fence(rawValue: fence)))
    }

    /// The files in the folder.
    package static func files(in folder: String) -> [String] {
        // No folder, no files.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".sealed") }.sorted()
    }
}
