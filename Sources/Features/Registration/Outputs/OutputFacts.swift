/// Reads single facts out of text: addresses, ports, users, host keys.
enum OutputFacts {
    /// `203.0.113.7`, `203.0.113.7:2222`, `203.0.113.7/32`, `[2001:db8::1]:2222`, `web.example.org`.
    ///
    /// - Returns: Nil for what is no address.
    static func address(_ text: String) -> (host: String, port: Int?)? {
        var rest = Substring(text)
        if rest.hasPrefix("ssh://") { rest = rest.dropFirst(6) }
        for suffix in ["/32", "/128"] where rest.hasSuffix(suffix) { rest = rest.dropLast(suffix.count) }
        var port: Int?
        if rest.first == "[", let close = rest.lastIndex(of: "]") {
            let tail = rest[rest.index(after: close)...]
            guard tail.isEmpty || tail.first == ":" else { return nil }
            if !tail.isEmpty {
                guard let number = Int(tail.dropFirst()) else { return nil }
                port = number
            }
            rest = rest[rest.index(after: rest.startIndex)..<close]
        } else if rest.count(where: { $0 == ":" }) == 1, let colon = rest.firstIndex(of: ":") {
            guard let number = Int(rest[rest.index(after: colon)...]) else { return nil }
            port = number
            rest = rest[..<colon]
        }
        guard isHost(rest), port.map({ 1...65535 ~= $0 }) ?? true else { return nil }
        return (String(rest), port)
    }

    private static func isHost(_ text: Substring) -> Bool {
        guard 1...253 ~= text.utf8.count, let first = text.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else {
            return false
        }
        let isSixth = text.contains(":")
        return text.utf8.allSatisfy { byte in
            isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || isSixth && (byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%"))
        }
    }

    static func port(_ text: String) -> Int? { Int(text).flatMap { 1...65535 ~= $0 ? $0 : nil } }

    /// A name that a login takes, and that no command line can mistake for an option.
    static func isUser(_ text: String) -> Bool {
        guard 1...64 ~= text.utf8.count, let first = text.utf8.first, isLetterOrDigit(first) || first == UInt8(ascii: "_") else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            isLetterOrDigit(byte) || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "@")].contains(byte)
        }
    }

    /// The host keys in a text: a line each, with or without the host before it and a comment behind.
    static func hostKeys(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let type = words.firstIndex(where: isKeyType), type <= 1, words.count > type + 1 else { return nil }
            let blob = words[type + 1]
            let isBase64 = blob.utf8.allSatisfy {
                isLetterOrDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "=")
            }
            return isBase64 && blob.utf8.count >= 40 ? "\(words[type]) \(blob)" : nil
        }
    }

    private static func isKeyType(_ word: Substring) -> Bool {
        ["ssh-ed25519", "ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"].contains(word) || word.hasPrefix("ecdsa-sha2-nistp")
    }

    /// The private keys in a text: everything from `-----BEGIN … PRIVATE KEY-----` to its end.
    static func privateKeys(_ text: String) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        var rest = text[...]
        while let begin = rest.firstRange(of: "-----BEGIN ") {
            let block = rest[begin.lowerBound...]
            guard let title = block.dropFirst(11).firstRange(of: "-----"), let end = block.firstRange(of: "-----END "),
                let close = block[end.upperBound...].firstRange(of: "-----")
            else { break }
            if block[begin.upperBound..<title.lowerBound].hasSuffix("PRIVATE KEY") {
                keys.append(Array(block[..<close.upperBound].utf8) + [UInt8(ascii: "\n")])
            }
            rest = block[close.upperBound...]
        }
        return keys
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
