internal import Synchronization

/// Makes keys of a keyring's entries, with the passphrase and the services it was given.
final class KeyOpener: Sendable {
    let place: String
    private let environment: [String: String]
    private let services: [any KeyService]
    /// Derived once: it takes a quarter of a second.
    private let passphraseKey: Mutex<PassphraseKey?>

    /// Checks that the passphrase is there when it is needed, and right.
    init(
        _ document: KeyringDocument,
        place: String,
        environment: [String: String],
        services: [any KeyService]
    ) throws(SealingError) {
        self.place = place
        self.environment = environment
        self.services = services
        passphraseKey = Mutex(try Self.passphraseKey(for: document, place: place, environment: environment))
    }

    /// The key, or nil when only a service opens it.
    func open(_ entry: KeyringEntry) throws(SealingError) -> NamedKey? {
        switch entry.protection {
        case .plain:
            var bytes = entry.value
            return NamedKey(name: entry.name, secret: SecretBytes(wiping: &bytes))
        case .passphrase:
            guard let key = passphraseKey.withLock({ $0 }) else { throw fault(.passphraseMissing(names: [entry.name])) }
            do throws(SealingError) {
                return NamedKey(name: entry.name, secret: try key.unwrap(entry.value, name: entry.name))
            } catch {
                throw error.reason == .damaged ? fault(.wrongPassphrase(names: [entry.name])) : error
            }
        case .service: return nil
        }
    }

    /// The key, wherever it has to be asked for.
    func openByAnyMeans(_ entry: KeyringEntry) async throws(SealingError) -> NamedKey {
        guard case .service(let scheme, let id) = entry.protection else {
            guard let key = try open(entry) else { throw unknownService(entry) }
            return key
        }
        guard let service = services.first(where: { $0.scheme == scheme }) else { throw unknownService(entry) }
        do throws(KeyServiceFailure) {
            return NamedKey(name: entry.name, secret: try await service.unwrap(entry.value, named: entry.name, by: id))
        } catch {
            throw fault(.service(name: entry.name, by: entry.protection.text, why: error.why))
        }
    }

    func unknownService(_ entry: KeyringEntry) -> SealingError {
        fault(.unknownService(name: entry.name, by: entry.protection.text))
    }

    private func fault(_ fault: KeyringFault) -> SealingError { SealingError(.keyring(place: place, fault)) }

    /// The passphrase's key; nil when no entry needs one.
    static func passphraseKey(
        for document: KeyringDocument,
        place: String,
        environment: [String: String]
    ) throws(SealingError) -> PassphraseKey? {
        let entries = document.entries.filter { $0.protection == .passphrase }
        guard let salt = document.salt, let first = entries.first else { return nil }
        let names = entries.map(\.name)
        guard var bytes = try PassphraseKey.passphrase(in: environment) else {
            throw SealingError(.keyring(place: place, .passphraseMissing(names: names)))
        }
        let key = try PassphraseKey(SecretBytes(wiping: &bytes), salt: salt)
        do throws(SealingError) {
            _ = try key.unwrap(first.value, name: first.name)
        } catch {
            throw error.reason == .damaged ? SealingError(.keyring(place: place, .wrongPassphrase(names: names))) : error
        }
        return key
    }
}
