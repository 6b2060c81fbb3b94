/// A form with files, as browsers, `curl -F` and this program's commands send it.
///
/// - SeeAlso: RFC 7578; RFC 2046, section 5.1
package struct MultipartForm: Sendable {
    /// The parts' contents by name.
    let parts: [String: [UInt8]]

    /// Takes a body apart.
    ///
    /// - Parameters:
    ///   - body: All of it.
    ///   - type: The header `Content-Type`, with the boundary.
    /// - Throws: ``Problem`` for what is none.
    init(_ body: [UInt8], type: String) throws {
        let parameter = type.split(separator: ";").dropFirst().map { $0.drop { $0 == " " } }.first {
            $0.lowercased().hasPrefix("boundary=")
        }
        let boundary = parameter.map { $0.dropFirst("boundary=".count).filter { $0 != "\"" } } ?? ""
        guard 1...70 ~= boundary.utf8.count else { throw Self.malformed }
        let (mark, headEnd) = (Array("\r\n--\(boundary)".utf8), Array("\r\n\r\n".utf8))
        guard body.starts(with: mark.dropFirst(2)) else { throw Self.malformed }
        var parts: [String: [UInt8]] = [:]
        // After each mark: two dashes at the end, else a line end, headers, an empty line, and the content up to the next mark.
        var start = mark.count - 2
        while !body[start...].starts(with: "--".utf8) {
            guard parts.count < 10, let head = Self.find(headEnd, in: body, from: start),
                let end = Self.find(mark, in: body, from: head + headEnd.count),
                let name = Self.name(String(decoding: body[start..<head], as: UTF8.self))
            else { throw Self.malformed }
            parts[name] = Array(body[(head + headEnd.count)..<end])
            start = end + mark.count
        }
        self.parts = parts
    }

    /// Writes a form.
    ///
    /// - Parameters:
    ///   - parts: In order.
    ///   - boundary: Letters and digits that occur in no part.
    /// - Returns: The body; its type is `multipart/form-data; boundary=…`.
    package static func bytes(_ parts: [(name: String, type: String, content: [UInt8])], boundary: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            let head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"; filename=\"\(part.name)\"\r\n"
            bytes += Array("\(head)Content-Type: \(part.type)\r\n\r\n".utf8) + part.content + Array("\r\n".utf8)
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }

    private static let malformed = Problem.invalid("The body is no form of the type multipart/form-data.")

    private static func name(_ head: String) -> String? {
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-disposition:") }
        let field = line?.split(separator: ";").map { $0.drop { $0 == " " } }.first { $0.hasPrefix("name=") }
        return field.map { $0.dropFirst("name=".count).filter { $0 != "\"" } }
    }

    private static func find(_ wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= wanted.count else { return nil }
        var index = start
        while index <= bytes.count - wanted.count {
            guard let next = bytes[index...].firstIndex(of: wanted[0]), next <= bytes.count - wanted.count else { return nil }
            if bytes[next..<(next + wanted.count)].elementsEqual(wanted) { return next }
            index = next + 1
        }
        return nil
    }
}
