internal import CSSH

/// One channel of a session, and what came on it; on the connection's thread alone.
///
/// libssh calls back whatever comes, as it comes, so that nothing depends on who reads which stream first, or whether the end of the output
/// or the exit status is there earlier.
final class SSHChannel {
    let handle: OpaquePointer
    private let callbacks = UnsafeMutablePointer<ssh_channel_callbacks_struct>.allocate(capacity: 1)
    private let limit: Int

    var standardOutput: [UInt8] = []
    private(set) var standardError: [UInt8] = []
    private(set) var exit: SSHExit?
    /// Nothing more comes but perhaps the exit status.
    private(set) var isEnded = false
    /// The server has closed it.
    private(set) var isClosed = false
    /// More came than is taken.
    private(set) var isOverLimit = false
    /// What comes is dropped.
    var isDiscarding = false

    /// Prepares a channel; nothing is sent.
    ///
    /// - Parameters:
    ///   - session: The libssh session, which lives longer.
    ///   - limit: How many bytes of both streams are held at once.
    init?(_ session: OpaquePointer, limit: Int) {
        guard let handle = ssh_channel_new(session) else { return nil }
        self.handle = handle
        self.limit = limit
        callbacks.initialize(to: ssh_channel_callbacks_struct())
        callbacks.pointee.size = MemoryLayout<ssh_channel_callbacks_struct>.size
        // They are taken away before this object goes.
        callbacks.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
        callbacks.pointee.channel_data_function = { _, _, data, count, isError, context in
            SSHChannel.from(context)?.take(UnsafeRawBufferPointer(start: data, count: Int(count)), isError: isError != 0)
            return Int32(clamping: count)
        }
        callbacks.pointee.channel_eof_function = { _, _, context in SSHChannel.from(context)?.isEnded = true }
        callbacks.pointee.channel_close_function = { _, _, context in SSHChannel.from(context)?.isClosed = true }
        callbacks.pointee.channel_exit_status_function = { _, _, status, context in
            SSHChannel.from(context)?.exit = .status(Int(UInt32(bitPattern: status)))
        }
        callbacks.pointee.channel_exit_signal_function = { _, _, name, _, _, _, context in
            SSHChannel.from(context)?.exit = .signal(PrintableText(name.map { String(cString: $0) } ?? "").value)
        }
        ssh_set_channel_callbacks(handle, callbacks)
    }

    deinit {
        ssh_remove_channel_callbacks(handle, callbacks)
        ssh_channel_free(handle)
        callbacks.deallocate()
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> SSHChannel? {
        context.map { Unmanaged<SSHChannel>.fromOpaque($0).takeUnretainedValue() }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, isError: Bool) {
        guard !isDiscarding, !isOverLimit else { return }
        guard standardOutput.count + standardError.count + bytes.count <= limit else {
            isOverLimit = true
            return
        }
        if isError { standardError.append(contentsOf: bytes) } else { standardOutput.append(contentsOf: bytes) }
    }
}
