internal import CLinux
internal import CSSH
internal import Glibc
internal import Sealing

extension SSHSession {
    /// Connects, compares the server's key, logs in.
    ///
    /// - Returns: The server's key.
    func open(user: String, keys: [SSHPrivateKey], policy: SSHHostKeyPolicy) throws(SSHError) -> SSHHostKey {
        if let fault = slipway_load_libssh() { throw error(.failed(String(cString: fault))) }
        let limit = SSHDeadline(after: options.connectTimeout, .timedOut)
        let descriptor = try connectSocket(until: limit)
        guard let handle = ssh_new() else {
            close(descriptor)
            throw error(.failed("out of memory"))
        }
        begin(handle)
        configure(handle, descriptor, user: user, policy: policy)
        try shakeHands(handle, until: limit)
        let found = try serverKey(handle)
        if case .pinned(let expected) = policy, !expected.contains(found) {
            throw error(.hostKeyChanged(expected: expected, found: found))
        }
        try logIn(handle, user: user, keys: keys)
        guard let events = ssh_event_new(), ssh_event_add_session(events, handle) == SSH_OK else { throw error(.failed("out of memory")) }
        self.events = events
        return found
    }

    /// Sets everything that libssh would else take from files, the environment or the user who runs this.
    private func configure(_ handle: OpaquePointer, _ descriptor: Int32, user: String, policy: SSHHostKeyPolicy) {
        ssh_set_blocking(handle, 0)
        slipway_ssh_ignore_configuration(handle)
        slipway_ssh_set_text(handle, Int32(SSH_OPTIONS_SSH_DIR.rawValue), "/")
        slipway_ssh_set_text(handle, Int32(SSH_OPTIONS_KNOWNHOSTS.rawValue), "/dev/null")
        slipway_ssh_set_text(handle, Int32(SSH_OPTIONS_GLOBAL_KNOWNHOSTS.rawValue), "/dev/null")
        slipway_ssh_set_text(handle, Int32(SSH_OPTIONS_USER.rawValue), user)
        slipway_ssh_set_text(handle, Int32(SSH_OPTIONS_HOSTKEYS.rawValue), Self.hostKeyAlgorithms(policy))
        slipway_ssh_set_number(handle, Int32(SSH_OPTIONS_FD.rawValue), descriptor)
    }

    /// The signatures that a server may prove its key with: first those of the pinned kinds, so that it shows one of these if it has it.
    private static func hostKeyAlgorithms(_ policy: SSHHostKeyPolicy) -> String {
        let all = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256"]
        guard case .pinned(let keys) = policy else { return all.joined(separator: ",") }
        let kinds = Set(keys.map(\.kind))
        let isPinned = { (name: String) in kinds.contains(name.hasPrefix("rsa-") ? "ssh-rsa" : name) }
        return (all.filter(isPinned) + all.filter { !isPinned($0) }).joined(separator: ",")
    }

    private func shakeHands(_ handle: OpaquePointer, until limit: SSHDeadline) throws(SSHError) {
        let code: Int32
        do throws(SSHError) {
            code = try repeating(until: limit) {
                defer {
                    // libssh 0.10 makes the socket block once it finds it connected; then a server that reads nothing would stop us.
                    if ssh_get_fd(handle) >= 0 { _ = slipway_set_nonblocking(ssh_get_fd(handle)) }
                }
                return ssh_connect(handle)
            }
        } catch {
            throw error.reason == .timedOut && ssh_get_serverbanner(handle) == nil ? self.error(.noBanner) : error
        }
        guard code == SSH_OK else { throw handshakeFailure(handle) }
    }

    private func handshakeFailure(_ handle: OpaquePointer) -> SSHError {
        let message = libraryMessage
        // The other end went away; else libssh didn't like what came.
        if message == nil || message?.hasPrefix("Socket error") == true || message?.hasPrefix("Received SSH_MSG_DISCONNECT") == true {
            return error(.connectionLost, cause: message)
        }
        return error(.protocolViolation(message ?? ""), cause: message)
    }

    private func serverKey(_ handle: OpaquePointer) throws(SSHError) -> SSHHostKey {
        var key: OpaquePointer?
        guard ssh_get_server_publickey(handle, &key) == SSH_OK, let key else { throw error(.protocolViolation("it showed no host key")) }
        defer { ssh_key_free(key) }
        var base64: UnsafeMutablePointer<CChar>?
        guard ssh_pki_export_pubkey_base64(key, &base64) == SSH_OK, let base64, let kind = ssh_key_type_to_char(ssh_key_type(key)) else {
            throw error(.protocolViolation("its host key can't be read"))
        }
        defer { ssh_string_free_char(base64) }
        do throws(SealingError) {
            return try SSHHostKey(text: "\(String(cString: kind)) \(String(cString: base64))")
        } catch {
            throw self.error(.protocolViolation("its host key can't be read"))
        }
    }

    // MARK: - Login

    private func logIn(_ handle: OpaquePointer, user: String, keys: [SSHPrivateKey]) throws(SSHError) {
        let limit = SSHDeadline(after: options.authenticationTimeout, .authenticationTimedOut)
        var methods: [String] = []
        var wasRefused = false
        for key in keys {
            let answer: Int32
            do throws(SSHError) {
                answer = try offer(key, handle, user: user, until: limit)
            } catch {
                guard error.reason == .connectionLost else { throw error }
                answer = SSH_AUTH_ERROR.rawValue
            }
            switch answer {
            case SSH_AUTH_SUCCESS.rawValue: return
            case SSH_AUTH_DENIED.rawValue, SSH_AUTH_PARTIAL.rawValue:
                wasRefused = true
                methods = Self.methods(UInt32(bitPattern: ssh_userauth_list(handle, nil)))
            default:
                // Servers end the connection instead of saying no once more.
                if wasRefused || libraryMessage?.contains("Too many authentication failures") == true {
                    throw error(.authenticationRefused(user: user, methods: methods), cause: libraryMessage)
                }
                throw error(.connectionLost, cause: libraryMessage)
            }
        }
        throw error(.authenticationRefused(user: user, methods: methods), cause: wasRefused ? libraryMessage : "no key was given")
    }

    private func offer(_ key: SSHPrivateKey, _ handle: OpaquePointer, user: String, until limit: SSHDeadline) throws(SSHError) -> Int32 {
        var imported: OpaquePointer?
        let code = try key.withText { ssh_pki_import_privkey_base64($0, nil, nil, nil, &imported) }
        guard code == SSH_OK, let imported else { throw error(.failed("libssh can't read a key that OpenSSL can")) }
        // Overwrites the key, as soon as it has signed or not.
        defer { ssh_key_free(imported) }
        while true {
            let answer = ssh_userauth_publickey(handle, user, imported)
            guard answer == SSH_AUTH_AGAIN.rawValue else { return answer }
            try wait(until: limit)
        }
    }

    private static func methods(_ bits: UInt32) -> [String] {
        let names: [(UInt32, String)] = [
            (4, "publickey"), (2, "password"), (0x10, "keyboard-interactive"), (8, "hostbased"), (0x20, "gssapi-with-mic"),
        ]
        return names.filter { bits & $0.0 != 0 }.map(\.1)
    }
}
