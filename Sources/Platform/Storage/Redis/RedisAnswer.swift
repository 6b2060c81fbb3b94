internal import CRedis

/// An answer of the server, copied out of hiredis.
indirect enum RedisAnswer: Sendable, Equatable {
    case status(String)
    case error(String)
    case integer(Int64)
    case bytes([UInt8])
    case none
    case list([RedisAnswer])
    /// A kind that no command of ours gives.
    case other

    init(_ reply: redisReply) {
        let bytes = UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : Int(reply.len))
        self =
            switch reply.type {
            case REDIS_REPLY_STATUS: .status(String(decoding: bytes, as: UTF8.self))
            case REDIS_REPLY_ERROR: .error(String(decoding: bytes, as: UTF8.self))
            case REDIS_REPLY_INTEGER: .integer(reply.integer)
            case REDIS_REPLY_STRING: .bytes(Array(bytes))
            case REDIS_REPLY_NIL: .none
            case REDIS_REPLY_ARRAY:
                .list(
                    UnsafeBufferPointer(start: reply.element, count: reply.elements)
                        .map { $0.map { RedisAnswer($0.pointee) } ?? .other }
                )
            default: .other
            }
    }

    /// The word that an error begins with; the rest may repeat what was sent.
    static func code(of error: String) -> String { String(error.prefix { $0.isASCII && ($0.isUppercase || $0 == "_") }.prefix(40)) }
}
