package import FoundationEssentials
package import Sealing
package import Storage

/// A secret that all processes of an installation share: made by whichever needs it first, and kept sealed.
package enum SharedSecret {
    /// 32 random bytes, the same for everyone who asks for that name.
    ///
    /// - Throws: ``StorageError``, ``SealingError``.
    package static func read(_ name: String, database: Database, keyring: Keyring, now: Date) async throws -> [UInt8] {
        let context = "setting/\(name)"
        if let sealed = try await stored(name, database) { return try Envelope.open(sealed, with: keyring, context: context) }
        let fresh = try Envelope.seal(try RandomBytes.make(count: 32), with: keyring, context: context, compress: false)
        try await database.write { transaction in
            try transaction.execute(
                """
                INSERT INTO server_settings (name, sealed_value, created_at) VALUES (\(name), \(fresh), \(now))
                ON CONFLICT (name) DO NOTHING
                """
            )
        }
        let sealed = try await stored(name, database) ?? fresh
        return try Envelope.open(sealed, with: keyring, context: context)
    }

    private static func stored(_ name: String, _ database: Database) async throws -> [UInt8]? {
        try await database.read { try $0.first("SELECT sealed_value FROM server_settings WHERE name = \(name)")?.value("sealed_value") }
    }
}
