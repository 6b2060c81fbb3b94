import FoundationEssentials
import Glibc
import Storage
import TestKit
import Testing

/// TLS to PostgreSQL, as `sslmode` in the address asks for it.
@Suite(.requires(.postgres)) struct PostgresTLSTests {
    @Test func `what the address demands is what happens`() async throws {
        let port = try freePort()
        let server = try await ThrowawayPostgres(port: port)
        let url = "postgresql://postgres@127.0.0.1:\(port)/postgres"

        let plain = try await Database.open(.postgres(url: url))
        #expect(try await isEncrypted(plain) == false)
        let refused = try await storageError { try await Database.open(.postgres(url: url + "?sslmode=require")) }
        #expect(
            refused?.reason
                == .connectionRefused(server: "127.0.0.1:\(port)/postgres", why: "TLS failed: check sslmode and the certificates")
        )

        try await server.makeCertificate(forAddress: "127.0.0.1")
        try await server.command("ALTER SYSTEM SET ssl = on")
        try await plain.write { try $0.execute("SELECT pg_reload_conf()") }
        await plain.close()
        let tls = try await within {
            while true {
                // Until the server has read its settings again.
                if let database = try? await Database.open(.postgres(url: url + "?sslmode=require")) { return database }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        #expect(try await isEncrypted(tls))
        await tls.close()

        let verified = try await Database.open(.postgres(url: url + "?sslmode=verify-full&sslrootcert=\(server.data)/server.crt"))
        #expect(try await isEncrypted(verified))
        await verified.close()
        let unknown = try await storageError {
            try await Database.open(.postgres(url: url + "?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt"))
        }
        #expect(unknown?.reason == refused?.reason)
        try await server.remove()
    }

    private func isEncrypted(_ database: Database) async throws -> Bool {
        try await database.read { transaction in
            try transaction.first("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")?.value("ssl") ?? false
        }
    }

    /// A port that nobody listens on at this moment.
    private func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        try #require(isBound)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
