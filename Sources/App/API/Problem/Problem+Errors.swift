import Access
import Domain
import Provisioning
import Registration
import Sealing
import StateVault
import Storage
import Terraform
import WebServer

extension Problem {
    /// Gives any error its place in HTTP: the only code that does.
    static func from(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let error as ProvisioningError: from(error)
        case let error as SourceValidation.Refusal: tooMany(error.description, retryAfter: .seconds(5))
        case let error as RegistrationError: from(error)
        case let error as VaultError: from(error)
        case let error as AccessError: from(error)
        case let error as TerraformError: from(error)
        case let error as StorageError: from(error)
        case let error as SealingError: unknown(error)
        case let error as PasswordHasher.Busy: unavailable(error.description)
        case let error as BodyError: from(error)
        case is CancellationError: unavailable("The request was cancelled; send it again.")
        default: unknown(error)
        }
    }

    private static func from(_ error: ProvisioningError) -> Problem {
        switch error.reason {
        case .notFound: Problem(404, "not-found", error.description)
        case .invalid: Problem(400, "invalid", error.description)
        case .conflict: Problem(409, "conflict", error.description)
        case .expired: Problem(410, "expired", error.description)
        }
    }

    private static func from(_ error: RegistrationError) -> Problem {
        switch error.reason {
        case .notFound: Problem(404, "not-found", error.description)
        case .invalid: Problem(400, "invalid", error.description)
        case .conflict: Problem(409, "conflict", error.description)
        }
    }

    private static func from(_ error: AccessError) -> Problem {
        switch error.reason {
        case .notFound: Problem(404, "not-found", error.description)
        case .invalid: Problem(400, "invalid", error.description)
        case .conflict: Problem(409, "conflict", error.description)
        case .denied: Problem(401, "unauthorized", error.description)
        case .limitReached: Problem(403, "limit-reached", error.description)
        case .throttled(let pause): tooMany(error.description, retryAfter: pause)
        }
    }

    /// Says when it may work again.
    static func tooMany(_ detail: String, retryAfter: Duration) -> Problem {
        let seconds = max(1, Int(clamping: (retryAfter / .seconds(1)).rounded(.up)))
        return Problem(429, "too-many-requests", detail, headers: [HeaderField("Retry-After", String(seconds))])
    }

    private static func from(_ error: VaultError) -> Problem {
        switch error.reason {
        case .torn, .malformed, .notAState, .unsupportedFormat, .unusableSerial: Problem(400, "invalid", error.description)
        case .tooLarge: Problem(413, "too-large", error.description)
        case .noDeployment, .noVersion: Problem(404, "not-found", error.description)
        case .staleFence, .lockNotHeld: Problem(409, "stale", error.description)
        case .otherLineage, .lowerSerial, .serialReused: Problem(409, "conflict", error.description)
        case .locked: Problem(423, "locked", error.description)
        case .noBackups: Problem(409, "conflict", error.description)
        // The row's own check threw it: a problem of ours, or of the database's.
        case .refused: error.cause.map { $0 is VaultError ? unknown($0) : from($0) } ?? unknown(error)
        case .unrecoverable, .unknownKey: Problem(500, "damaged", error.description, cause: error)
        case .missing, .damaged, .backups, .backupDiffers, .sealing: unknown(error)
        case .storage(let reason): from(StorageError(reason))
        }
    }

    private static func from(_ error: TerraformError) -> Problem {
        if case .sourceTooLarge = error.reason { return Problem(413, "too-large", error.description) }
        if error.isBadInput { return Problem(400, "invalid", error.description) }
        switch error.reason {
        case .programMissing, .programNotExecutable, .programTooOld, .programBroken, .sandboxUnavailable, .networkUnavailable:
            return unavailable("Terraform can't be run on this server; an administrator finds out more with slipway doctor.", cause: error)
        default:
            return unknown(error)
        }
    }

    private static func from(_ error: StorageError) -> Problem {
        switch error.reason {
        case .nulInText: invalid("A text holds the character NUL; remove it.")
        case .unreachable, .authenticationFailed, .connectionRefused, .busy, .connectionLost, .timedOut, .closed, .diskFull, .readOnly:
            unavailable("The database can't be used right now; try again in a while.", cause: error)
        case .invalidLocation, .notADatabase, .cannotOpen, .newerSchema, .foreignSchema, .constraint, .unexpectedColumn, .failing,
            .malformed:
            unknown(error)
        }
    }

    private static func from(_ error: BodyError) -> Problem {
        switch error {
        case .tooLarge: Problem(413, "too-large", error.description)
        // Nobody reads it.
        case .clientGone: invalid("The body was cut off.")
        }
    }
}
