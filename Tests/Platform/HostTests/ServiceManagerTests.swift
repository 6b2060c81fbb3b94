import Glibc
import TestKit
import Testing

@testable import Host

@Suite struct ServiceManagerTests {
    @Test(arguments: [true, false]) func `the service manager is told, by a file and by a name that is none`(isFile: Bool) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        // The folder's name is nobody else's, so the other kind may have it, too.
        let path = isFile ? "\(folder.path)/notify" : "@\(folder.path)/notify"
        let manager = try #require(Manager(path))
        #expect(ServiceManager.tell(.ready, environment: ["NOTIFY_SOCKET": path]))
        #expect(manager.hears() == "READY=1")
        #expect(ServiceManager.tell(.stopping, environment: ["NOTIFY_SOCKET": path]))
        #expect(manager.hears() == "STOPPING=1")
    }

    @Test(arguments: ["", "/", "vsock:2:1234", "/nobody/listens/here", "/" + String(repeating: "x", count: 200)])
    func `nothing happens where no manager listens`(path: String) {
        #expect(!ServiceManager.tell(.ready, environment: ["NOTIFY_SOCKET": path]))
        #expect(!ServiceManager.tell(.ready, environment: [:]))
    }

    /// A socket as systemd has one.
    private final class Manager {
        private let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)

        init?(_ path: String) {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            var bytes = Array(path.utf8)
            if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let length = socklen_t(2 + bytes.count)
            let isBound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
            }
            guard isBound else { return nil }
        }

        func hears() -> String {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        }

        deinit { close(descriptor) }
    }
}
