import Dispatch
import Host
import Synchronization
import TestKit
import Testing

@Suite struct DirectoryWatcherTests {
    private final class Seen: Sendable {
        private let names = Mutex<[String?]>([])
        func add(_ name: String?) { names.withLock { $0.append(name) } }
        func contains(_ name: String) -> Bool { names.withLock { $0.contains(name) } }
        var count: Int { names.withLock { $0.count } }
    }

    private func until(_ condition: @escaping @Sendable () -> Bool) async throws {
        try await within(.seconds(10), "the change") { while !condition() { try await Task.sleep(for: .milliseconds(2)) } }
    }

    @Test func `two watchers of one folder both hear of it, and one that is given up takes nothing from the other`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (first, second) = (Seen(), Seen())
        let queue = DispatchQueue(label: "test")
        var watcher: DirectoryWatcher? = try DirectoryWatcher(folder: folder.path, queue: queue) { first.add($0) }
        let other = try DirectoryWatcher(folder: folder.path, queue: queue) { second.add($0) }
        try FileSystem.write([1], to: "\(folder.path)/a")
        try await until { first.contains("a") && second.contains("a") }
        #expect(watcher != nil)
        watcher = nil
        try FileSystem.write([1], to: "\(folder.path)/b")
        try await until { second.contains("b") }
        #expect(!first.contains("b"))
        withExtendedLifetime(other) {}
    }

    @Test func `more folders can be watched than a user has inotify instances`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let seen = Seen()
        var watchers: [DirectoryWatcher] = []
        for number in 0..<300 {
            try FileSystem.makeFolder("\(folder.path)/\(number)")
            watchers.append(
                try DirectoryWatcher(folder: "\(folder.path)/\(number)", queue: .global()) { seen.add($0.map { "\(number) \($0)" }) }
            )
        }
        for number in 0..<300 { try FileSystem.write([1], to: "\(folder.path)/\(number)/x") }
        try await until { (0..<300).allSatisfy { seen.contains("\($0) x") } }
        withExtendedLifetime(watchers) {}
    }

    @Test func `a missing folder is an error`() {
        let error = #expect(throws: HostError.self) { try DirectoryWatcher(folder: "/nowhere", queue: .global()) { _ in } }
        #expect(error?.isMissing == true)
    }
}
