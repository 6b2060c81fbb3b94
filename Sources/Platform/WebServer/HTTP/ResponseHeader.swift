/// The lines that the server itself answers with; a handler's own lines of these names are left out.
enum ResponseHeader {
    private static let reserved: Set<String> = ["connection", "content-length", "transfer-encoding", "date", "x-request-id", "keep-alive"]

    static func isReserved(_ name: String) -> Bool {
        // Most names are none of them: no copy is made for those.
        switch name.utf8.count {
        case 4, 10, 12, 14, 17: reserved.contains(name.lowercased())
        default: false
        }
    }

    /// Whether a line can be sent: a break in it would begin another one.
    static func isSane(_ field: HeaderField) -> Bool {
        !field.name.isEmpty && field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            && field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
