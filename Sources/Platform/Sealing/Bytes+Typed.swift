extension [UInt8] {
    /// Makes an array of at most `capacity` bytes that `fill` writes in place and then counts.
    ///
    /// The standard library's initializer forgets the type of the error.
    init<E: Error>(capacity: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int) throws(E) {
        var failure: E?
        self.init(unsafeUninitializedCapacity: capacity) { buffer, count in
            do throws(E) {
                count = try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<capacity]))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// `withUnsafeBytes` with a typed error.
    func withBytes<Result, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Result) throws(E) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(E) in try body(UnsafeRawBufferPointer(buffer)) }
    }
}
