internal import COpenSSL

/// Key material: wiped when it goes out of scope, never copied, never printed.
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    // @unchecked: the memory is written only in init, and wiped and freed once, in deinit.
    private let memory: UnsafeMutableRawBufferPointer
    private let isOwned: Bool

    /// Draws `count` bytes from OpenSSL's random source.
    ///
    /// - Throws: ``SealingError`` when the generator has no seed.
    package static func random(count: Int) throws(SealingError) -> SecretBytes {
        let secret = SecretBytes(count: count)
        try RandomBytes.fill(secret.memory)
        return secret
    }

    /// Takes the bytes over and wipes the array they came in; copies made of the array earlier stay behind.
    package init(wiping bytes: inout [UInt8]) {
        self.init(count: bytes.count)
        bytes.withUnsafeMutableBytes {
            memory.copyMemory(from: UnsafeRawBufferPointer($0))
            OPENSSL_cleanse($0.baseAddress, $0.count)
        }
    }

    /// Uses memory that outlives this value and is not freed by it: for a test that looks at it afterwards.
    package init(in memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
        isOwned = false
    }

    /// `count` bytes of zero, to be filled by `fill`.
    package init<E: Error>(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        self.init(count: count)
        try fill(memory)
    }

    private init(count: Int) {
        memory = .allocate(byteCount: count, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        isOwned = true
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        if isOwned { memory.deallocate() }
    }

    package var count: Int { memory.count }

    /// Lends the bytes for the length of `body`; the pointer must not escape it.
    package borrowing func withBytes<Result, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> Result
    ) throws(E) -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }
}
