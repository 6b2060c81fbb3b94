package import FoundationEssentials

/// Lists and changes the keys of the file `keyring`: for the commands, which need not open any key.
package struct KeyringStore: Sendable {
    /// What shall protect a new key in the file.
    package enum Protection: Sendable, Equatable {
        /// The file's mode alone.
        case plain
        /// The passphrase in the environment; the first one that is used becomes the keyring's.
        case passphrase
        /// A key of a service: `kms` and a key's id, ARN or alias.
        case service(scheme: String, id: String)
    }

    /// What may be shown of a key.
    package struct Facts: Sendable, Equatable {
        package let name: String
        /// Nil for keys of the first file version and of the environment, which don't say it.
        package let createdAt: Date?
        /// `plain`, `passphrase`, `kms:…`, `environment`.
        package let protection: String
        package let isActive: Bool
    }

    /// Shorter ones are refused, in bytes.
    package static let shortestPassphrase = 12

    private let file: KeyringFile
    private let environment: [String: String]
    private let services: [any KeyService]
    private let iterations: Int

    /// Makes a store; nothing is read yet.
    ///
    /// - Parameters:
    ///   - folder: The data folder.
    ///   - environment: The process's environment.
    ///   - services: For keys that they shall wrap.
    ///   - iterations: Of a new passphrase's derivation; smaller ones are for tests.
    package init(
        folder: String,
        environment: [String: String],
        services: [any KeyService] = [],
        iterations: Int = PBKDF2.recommendedIterations
    ) {
        file = KeyringFile(path: folder + "/" + Keyring.fileName)
        self.environment = environment
        self.services = services
        self.iterations = iterations
    }

    /// Where the keys are: the file's path or the variable's name.
    package var place: String { isFixed ? Keyring.environmentName : file.path }

    /// The keys come from the environment and can't be changed here.
    package var isFixed: Bool { environment[Keyring.environmentName].map { !$0.isEmpty } ?? false }

    /// The keys, the active one first.
    ///
    /// - Throws: ``SealingError/Reason/keyring(place:_:)`` when the file is missing or can't be used.
    package func list() throws(SealingError) -> [Facts] {
        if isFixed {
            let names = try KeyringText.parse(environment: environment[Keyring.environmentName] ?? "").map(\.name)
            return names.enumerated().map { Facts(name: $1, createdAt: nil, protection: "environment", isActive: $0 == 0) }
        }
        return try file.read().document.entries.enumerated().map { index, entry in
            Facts(
                name: entry.name,
                createdAt: entry.createdAt == 0 ? nil : Date(timeIntervalSince1970: Double(entry.createdAt)),
                protection: entry.protection.text,
                isActive: index == 0
            )
        }
    }

    /// As ``list()``; none when the file is missing.
    package func listIfThere() throws(SealingError) -> [Facts] {
        do throws(SealingError) {
            return try list()
        } catch {
            if case .keyring(_, .missing) = error.reason { return [] }
            throw error
        }
    }

    /// Adds a random key behind the others: it opens nothing yet, and doesn't seal until it is made active.
    ///
    /// A key that a service wrapped was opened again by it before the file is changed.
    ///
    /// - Parameters:
    ///   - name: Nil makes one up.
    ///   - protection: What it is wrapped with.
    ///   - now: For the record.
    /// - Returns: The key's name.
    /// - Throws: ``SealingError/Reason/keyring(place:_:)``: a name that is taken or none, a wrong or missing passphrase, a service's
    ///   refusal, or keys that come from the environment.
    package func add(name: String? = nil, protection: Protection, now: Date = Date()) async throws(SealingError) -> String {
        guard !isFixed else { throw fault(.fixed) }
        let name = if let name { name } else { try NamedKey.randomName() }
        guard NamedKey.isValid(name: name) else { throw fault(.badName(name)) }
        return try await file.change { (document) async throws(SealingError) in
            guard !document.entries.contains(where: { $0.name == name }) else { throw fault(.duplicate(name: name)) }
            // Newer than every other, however fast they came: the newest is the one that a rotation takes.
            let seconds = Int(exactly: now.timeIntervalSince1970.rounded(.down)) ?? 1
            let createdAt = max(1, seconds, (document.entries.map(\.createdAt).max() ?? 0) + 1)
            let secret = try SecretBytes.random(count: AESGCM.keySize)
            let value: [UInt8]
            let means: KeyringEntry.Protection
            switch protection {
            case .plain:
                value = secret.withBytes { Array($0) }
                means = .plain
            case .passphrase:
                value = try passphraseKey(for: &document).wrap(secret, name: name)
                means = .passphrase
            case .service(let scheme, let id):
                means = .service(scheme: scheme, id: id)
                value = try await wrapped(secret, name: name, by: scheme, id, means.text)
            }
            document.entries.append(KeyringEntry(name: name, createdAt: createdAt, protection: means, value: value))
            return name
        }
    }

    /// Makes a key the active one: everything is sealed with it from now on.
    package func activate(_ name: String) async throws(SealingError) {
        if isFixed {
            guard try list().first?.name == name else { throw fault(.fixed) }
            return
        }
        try await file.change { (document) async throws(SealingError) in
            guard let index = document.entries.firstIndex(where: { $0.name == name }) else { throw fault(.unknownName(name)) }
            document.entries.insert(document.entries.remove(at: index), at: 0)
        }
    }

    /// Removes a key for good; the caller has made sure that nothing uses it.
    ///
    /// - Throws: ``SealingError/Reason/keyring(place:_:)`` for the active key, and one that isn't there.
    package func remove(_ name: String) async throws(SealingError) {
        guard !isFixed else { throw fault(.fixed) }
        try await file.change { (document) async throws(SealingError) in
            guard let index = document.entries.firstIndex(where: { $0.name == name }) else { throw fault(.unknownName(name)) }
            guard index > 0 else { throw fault(.active(name)) }
            document.entries.remove(at: index)
            if document.entries.allSatisfy({ $0.protection != .passphrase }) { document.salt = nil }
        }
    }

    // MARK: - Details

    private func passphraseKey(for document: inout KeyringDocument) throws(SealingError) -> PassphraseKey {
        if let key = try KeyOpener.passphraseKey(for: document, place: file.path, environment: environment) { return key }
        guard var bytes = try PassphraseKey.passphrase(in: environment) else { throw fault(.passphraseMissing(names: ["the new key"])) }
        guard bytes.count >= Self.shortestPassphrase else { throw fault(.weakPassphrase(minimum: Self.shortestPassphrase)) }
        let salt = KeyringDocument.Salt(iterations: iterations, bytes: try RandomBytes.make(count: 16))
        document.salt = salt
        return try PassphraseKey(SecretBytes(wiping: &bytes), salt: salt)
    }

    private func wrapped(
        _ secret: borrowing SecretBytes,
        name: String,
        by scheme: String,
        _ id: String,
        _ shown: String
    ) async throws(SealingError) -> [UInt8] {
        guard KeyringEntry.Protection.isValid(serviceID: id), let service = services.first(where: { $0.scheme == scheme }) else {
            throw fault(.unknownService(name: name, by: shown))
        }
        do throws(KeyServiceFailure) {
            let wrapped = try await service.wrap(secret, named: name, by: id)
            // The right to wrap is not the right to open: find out before anything is sealed with it.
            let opened = try await service.unwrap(wrapped, named: name, by: id)
            let isSame = secret.withBytes { first in opened.withBytes { second in first.elementsEqual(second) } }
            guard isSame else { throw KeyServiceFailure("it gave another key back than it was given") }
            return wrapped
        } catch {
            throw fault(.service(name: name, by: shown, why: error.why))
        }
    }

    private func fault(_ fault: KeyringFault) -> SealingError { SealingError(.keyring(place: place, fault)) }
}
