extension String {
    /// Without the character NUL, which PostgreSQL can't store: the end of an attempt must never fail over its message.
    var storable: String { utf8.contains(0) ? String(unicodeScalars.filter { $0 != "\0" }.map(Character.init)) : self }
}
