internal import Audit
package import Domain
internal import Events
internal import FoundationEssentials
package import Jobs
internal import Provisioning
package import Storage

/// Does the jobs that register a deployment's servers.
package struct RegistrationHandler: JobHandler {
    private let services: RegistrationServices

    package init(_ services: RegistrationServices) { self.services = services }

    package var kind: String { RegistrationQueue.kind }

    package func run(_ context: JobContext) async throws -> JobEnd {
        let order: RegistrationOrder
        do {
            order = try RegistrationOrder.decoded(from: context.job.payload)
        } catch {
            throw JobFailure(.validation, message: "The job's order can't be read; ask for the registration again.")
        }
        // Almost all of it is waiting for machines.
        context.setActivity(.waiting)
        let last = try await services.database.read { [services] in try services.events.lastOrdinal(of: context.job.id, in: $0) }
        let recorder = RegistrationRecorder(context: context, services: services, deployment: order.deployment, lastOrdinal: last)
        return try await RegistrationAttempt(context: context, services: services, order: order, recorder: recorder, began: services.now())
            .run()
    }

    package func lost(_ job: JobRecord, becomes status: JobStatus, in transaction: Transaction) throws {
        guard let order = try? RegistrationOrder.decoded(from: job.payload) else { return }  // nothing of a deployment's was done then
        let now = services.now()
        let message: String
        let next: RegistrationStatus
        switch status {
        case .cancelled: (message, next) = ("Cancelled; its worker was lost.", .cancelled)
        case .failed:
            (message, next) = ("The worker was lost in every attempt; `slipway logs \(job.id)` shows how far they came.", .failed)
        default: (message, next) = ("The worker was lost; another takes the job up.", .pending)
        }
        let isOurs = try services.queue.move(
            order.deployment,
            job: job.id,
            to: next,
            error: next == .failed ? message : nil,
            at: now,
            in: transaction
        )
        guard isOurs, next.isFinal else { return }
        try RegistrationEnds.leave(order.deployment, message, services, at: now, in: transaction)
        var news: [NewBroadcast] = []
        if next == .failed, let organization = job.organization {
            news.append(try ServerBroadcast.failed(message, of: order.deployment, organization, at: now))
        }
        try services.journal.append(
            [.finished(FinishReport(status: status, stage: next == .failed ? .failed : .cancelled, message: message))],
            text: "\(message)\n",
            news: news,
            to: job,
            of: order.deployment,
            after: try services.events.lastOrdinal(of: job.id, in: transaction),
            at: now,
            in: transaction
        )
    }
}
