internal import CMicroHTTPD
internal import Glibc

/// A request's header as libmicrohttpd has read it, checked for what the library lets through.
///
/// The library (0.9.75) takes a bare line feed for a line's end, joins folded lines, and lets several `Content-Length` and
/// `Transfer-Encoding` pass: each a way to make a proxy and this server disagree about where a request ends.
///
/// - SeeAlso: RFC 9112, sections 2.2, 5.1, 5.2 and 6.3
struct RequestHead {
    /// How the body's end is found.
    enum Framing {
        case none
        case length(Int)
        case chunks
    }

    enum Outcome {
        case fine(RequestHead)
        /// The status to refuse it with.
        case refused(Int)
    }

    let headers: HeaderFields
    let framing: Framing
    let isHTTP11: Bool
    var hasBody: Bool { if case .none = framing { false } else { true } }
    var isChunked: Bool { if case .chunks = framing { true } else { false } }
    /// The client sends the body only when it is asked to.
    var expectsContinue: Bool { isHTTP11 && headers["Expect"]?.lowercased() == "100-continue" }

    static func read(
        _ connection: OpaquePointer,
        method: UnsafePointer<CChar>,
        targetLength: Int,
        version: UnsafePointer<CChar>,
        limits: ServerLimits
    ) -> Outcome {
        let headerSize = slipway_mhd_header_size(connection)
        var lines = Lines()
        lines.headers.reserve(bytes: min(headerSize, limits.headerBytes), lines: 16)
        withUnsafeMutablePointer(to: &lines) { pointer in
            _ = MHD_get_connection_values_n(connection, .HEADER_KIND, Lines.collect, pointer)
        }
        guard headerSize <= limits.headerBytes, lines.headers.count <= limits.headerLines else { return .refused(431) }
        // The lines lie in memory as they came. Where their lengths don't add up, a line ended without CR, was folded, or held a NUL.
        let versionLength = strlen(version)
        let firstLine = version + versionLength - method
        let isCRLF = firstLine + 2 + lines.byteCount + 2 == headerSize
        let isSpacedOnce = strlen(method) + 1 + targetLength + 1 + versionLength == firstLine
        guard isCRLF, isSpacedOnce, !lines.isBad, isToken(method) else { return .refused(400) }
        let isHTTP11 = strcmp(version, "HTTP/1.1") == 0
        guard isHTTP11 || strcmp(version, "HTTP/1.0") == 0 else { return .refused(505) }
        guard let framing = framing(lines.headers, isHTTP11: isHTTP11) else { return .refused(400) }
        return .fine(RequestHead(headers: lines.headers, framing: framing, isHTTP11: isHTTP11))
    }

    /// Nil when the lines leave room for two opinions.
    private static func framing(_ headers: HeaderFields, isHTTP11: Bool) -> Framing? {
        let hosts = headers.count(of: "Host")
        guard hosts == 1 || hosts == 0 && !isHTTP11 else { return nil }
        let lengths = headers.all("Content-Length")
        let encodings = headers.all("Transfer-Encoding")
        guard lengths.count + encodings.count <= 1 else { return nil }
        if let encoding = encodings.first { return isHTTP11 && encoding.lowercased() == "chunked" ? .chunks : nil }
        guard let text = lengths.first else { return Framing.none }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text) else { return nil }
        return length == 0 ? Framing.none : .length(length)
    }

    private static func isToken(_ text: UnsafePointer<CChar>) -> Bool {
        text.pointee != 0 && UnsafeRawBufferPointer(start: text, count: strlen(text)).allSatisfy(Lines.isTokenByte)
    }
}

/// Takes the lines one by one; on libmicrohttpd's thread, within one call.
private struct Lines {
    var headers = HeaderFields()
    /// Of all lines, with what ends them.
    var byteCount = 0
    var isBad = false

    static let collect: MHD_KeyValueIteratorN = { context, _, name, nameSize, value, valueSize in
        guard let context, let name else { return .NO }
        let lines = context.assumingMemoryBound(to: Lines.self)
        let nameBytes = UnsafeRawBufferPointer(start: name, count: nameSize)
        let valueBytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
        // From the name's begin to the value's end: the colon and the blanks after it are in between.
        if let value { lines.pointee.byteCount += value + valueSize - name + 2 } else { lines.pointee.isBad = true }
        if nameBytes.isEmpty || !nameBytes.allSatisfy(isTokenByte) || !valueBytes.allSatisfy(isValueByte) { lines.pointee.isBad = true }
        lines.pointee.headers.append(name: nameBytes, value: valueBytes)
        return .YES
    }

    /// RFC 9110, section 5.6.2.
    static func isTokenByte(_ byte: UInt8) -> Bool { tokenBytes[Int(byte)] }

    private static let tokenBytes: [Bool] = (0..<256).map { number in
        let byte = UInt8(number)
        return Character(UnicodeScalar(byte)).isASCII
            && (UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "!#$%&'*+-.^_`|~".utf8.contains(byte))
    }

    private static func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
