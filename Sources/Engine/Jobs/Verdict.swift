internal import Domain
internal import FoundationEssentials
internal import Storage

/// How a handler's run ended.
enum Verdict: Sendable {
    case end(JobEnd)
    case failure(JobFailure)
    /// It stopped because it was told to.
    case stopped(StopReason)
    /// It threw something that nobody classified.
    case unknown(any Error)

    /// Reads a thrown error; `stop` is the reason that the handler was given, if any.
    init(_ error: any Error, stop: StopReason?) {
        switch error {
        case let failure as JobFailure:
            self = .failure(failure)
        case let stopped as JobStopped:
            self = .stopped(stopped.reason)
        case let error as JobsError:
            if case .leaseLost = error.reason { self = .stopped(.leaseLost) } else { self = .unknown(error) }
        case is CancellationError:
            self = stop.map(Verdict.stopped) ?? .stopped(.shutdown)
        case let error as StorageError where error.mayPass:
            self = .failure(JobFailure(.serverError, message: "the database was away for too long: \(error)"))
        default:
            self = .unknown(error)
        }
    }

    /// The handler had no word in it.
    var isForeign: Bool {
        switch self {
        case .unknown, .stopped(.leaseLost): true
        case .end, .failure, .stopped: false
        }
    }

    /// The handler has no writes that could fail.
    var isBare: Bool {
        switch self {
        case .end(.completed(_, let alongside)), .end(.suspended(_, _, let alongside)), .end(.cancelled(let alongside)),
            .end(.handedBack(let alongside)):
            alongside == nil
        case .failure(let failure): failure.alongside == nil
        case .stopped, .unknown: true
        }
    }

    /// Runs the handler's own writes and says what becomes of the job, whose row is locked.
    func ending(of job: JobRecord, retryAt: Date, in transaction: Transaction) throws -> Ending {
        switch self {
        case .end(.completed(let result, let alongside)):
            try alongside?(transaction)
            return Ending(outcome: .completed, status: .completed, result: result)
        case .end(.suspended(let until, let stage, let alongside)):
            try alongside?(transaction)
            return Ending(outcome: .suspended, status: .scheduled, runAt: until, stage: stage, givesAttemptBack: true)
        case .end(.cancelled(let alongside)):
            try alongside?(transaction)
            return Ending(outcome: .cancelled, status: .cancelled)
        case .end(.handedBack(let alongside)):
            try alongside?(transaction)
            return .handedBack
        case .failure(let failure):
            return try ending(of: job, failure, retryAt: retryAt, in: transaction)
        case .stopped(.shutdown):
            return .handedBack
        case .stopped(.cancelled), .stopped(.forced):
            return Ending(outcome: .cancelled, status: .cancelled)
        case .stopped(.timedOut):
            let minutes = job.timeout.components.seconds
            let failure = JobFailure(.timedOut, message: "the job took longer than its limit of \(minutes) seconds")
            return try ending(of: job, failure, retryAt: retryAt, in: transaction)
        case .stopped(.leaseLost):
            let failure = JobFailure(.lostWorker, message: "the worker lost its lease while it ran this job")
            var ending = try ending(of: job, failure, retryAt: job.runAt, in: transaction)
            ending.outcome = .lost
            return ending
        case .unknown:
            let failure = JobFailure(.unknown, message: "an internal error: the log of the worker says more")
            return try ending(of: job, failure, retryAt: retryAt, in: transaction)
        }
    }

    private func ending(of job: JobRecord, _ failure: JobFailure, retryAt: Date, in transaction: Transaction) throws -> Ending {
        let willRetry = failure.isTransient && !job.isFinalAttempt && job.cancelRequestedAt == nil
        try failure.alongside?(transaction, willRetry)
        return Ending(
            outcome: .failed,
            status: willRetry ? .retrying : .failed,
            runAt: willRetry ? retryAt : nil,
            errorCode: failure.code,
            errorMessage: failure.message
        )
    }
}

extension Ending {
    fileprivate static let handedBack = Ending(outcome: .handedBack, status: .pending, stage: .queued, givesAttemptBack: true)
}
