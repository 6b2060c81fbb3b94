import TestKit
import Testing

@testable import Host

@Suite struct LoginManagerTests {
    @Test func `an ordinary user's memory is emptied, unless the user lingers or the settings say no`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let root = folder.path
        func isEmptied(_ id: UInt32 = 1000, _ name: String? = "anna") -> Bool {
            LoginManager.emptiesMemory(ofUser: id, named: name, root: root)
        }
        #expect(!isEmptied(), "no login manager runs")
        try Self.write("", to: "\(root)/run/systemd/seats/seat0")
        #expect(isEmptied())
        #expect(!isEmptied(0, "root") && !isEmptied(998, "slipway") && !isEmptied(1000, nil))

        try Self.write("[Login]\n#RemoveIPC=no\n", to: "\(root)/etc/systemd/logind.conf")
        #expect(isEmptied())
        try Self.write("[Login]\nRemoveIPC=no\n", to: "\(root)/etc/systemd/logind.conf")
        #expect(!isEmptied())
        try Self.write("[Login]\nRemoveIPC=yes\n", to: "\(root)/etc/systemd/logind.conf.d/10-own.conf")
        #expect(isEmptied())
        try Self.write("[Login]\nRemoveIPC=false\n", to: "\(root)/etc/systemd/logind.conf.d/20-own.conf")
        #expect(!isEmptied())
        try Self.write("[Login]\nRemoveIPC=true\n", to: "\(root)/etc/systemd/logind.conf.d/20-own.conf")
        #expect(isEmptied())

        try Self.write("", to: "\(root)/var/lib/systemd/linger/anna")
        #expect(!isEmptied() && isEmptied(1001, "bob"))
    }

    private static func write(_ text: String, to path: String) throws {
        var folder = path
        while folder.removeLast() != "/" {}
        try FileSystem.makeFolder(folder)
        try FileSystem.write(Array(text.utf8), to: path)
    }
}
