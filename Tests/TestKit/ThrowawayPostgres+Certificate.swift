internal import Glibc

extension ThrowawayPostgres {
    /// Makes a certificate that signs itself, where the server looks for `server.crt` and `server.key`.
    package func makeCertificate(forAddress address: String) async throws {
        let (key, certificate) = (data + "/server.key", data + "/server.crt")
        try await Spawn.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=throwaway",
            "-addext", "subjectAltName=IP:\(address)", "-keyout", key, "-out", certificate,
        ])
        for file in [key, certificate] {
            chmod(file, 0o600)
            // The server runs as nobody when the tests run as root, and reads only its own key.
            if geteuid() == 0, let nobody = getpwnam("nobody") { chown(file, nobody.pointee.pw_uid, nobody.pointee.pw_gid) }
        }
    }
}
