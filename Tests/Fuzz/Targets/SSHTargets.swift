import CLinux
import Dispatch
import Glibc
import Remote
import Sealing

extension FuzzTarget {
    private static let banner = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n"

    /// The first message of a server, which says how it would like to speak.
    ///
    /// - SeeAlso: RFC 4253, section 7.1
    private static let keyExchange: [UInt8] = {
        var payload: [UInt8] = [20] + [UInt8](repeating: 7, count: 16)
        let lists = [
            "curve25519-sha256,ecdh-sha2-nistp256", "ssh-ed25519,rsa-sha2-512", "aes256-gcm@openssh.com,aes128-ctr",
            "aes256-gcm@openssh.com,aes128-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", "",
        ]
        for list in lists { payload += number(list.utf8.count) + Array(list.utf8) }
        return packet(payload + [0, 0, 0, 0, 0])
    }()

    private static func number(_ count: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } }

    private static func packet(_ payload: [UInt8]) -> [UInt8] {
        let padding = 8 - (payload.count + 5) % 8 + 4
        let fill = padding % 8 == (8 - (payload.count + 5) % 8) % 8 ? padding : 8 - (payload.count + 5) % 8 + 8
        return number(payload.count + fill + 1) + [UInt8(fill)] + payload + [UInt8](repeating: 0, count: fill)
    }

    /// What a machine says before anybody knows that it is the right one.
    static let ssh = FuzzTarget(
        "ssh",
        corpus: [
            Array(banner.utf8) + keyExchange,
            Array(banner.utf8) + keyExchange
                + packet([31] + number(51) + number(11) + Array("ssh-ed25519".utf8) + number(32) + [UInt8](repeating: 9, count: 32)),
            Array(banner.utf8) + packet([1] + number(2) + number(3) + Array("bye".utf8) + number(0)),
            Array("Welcome\r\nto this machine\r\nSSH-1.99-x y\r\n".utf8) + keyExchange, Array("SSH-1.5-old\n".utf8),
            Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8),
        ],
        words: ["SSH-", "SSH-2.0-", "\r\n", "curve25519-sha256", "ssh-ed25519", "\u{0}\u{0}\u{0}\u{4}", "\u{14}", "\u{1F}"],
        largest: 64 << 10
    ) {
        let (listener, port) = try Connections.listen()
        let (server, key) = (DispatchQueue(label: "server"), try SSHKeyPair.generate(comment: "").privateKey)
        var options = SSHOptions()
        options.connectTimeout = .seconds(2)
        options.authenticationTimeout = .seconds(2)
        return { [options] input in
            server.async {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Connections.limit(client, milliseconds: 3000)
                Connections.send(input, to: client)
                shutdown(client, Int32(SHUT_WR))
                _ = Connections.receive(from: client, atMost: 1 << 20)
                close(client)
            }
            let connection = try await attempt {
                let keys = [try SSHPrivateKey(key)]
                let address = SSHAddress(host: "127.0.0.1", port: port)
                return try await SSHConnection.open(to: address, user: "root", keys: keys, hostKey: .firstUse, options: options)
            }
            await connection?.close()
        }
    }
}
