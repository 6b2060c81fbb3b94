import Access
import Domain
import Events
import FoundationEssentials
import Jobs
import Provisioning
import Storage
import WebServer

/// What a job reported, in order; whoever waits for more follows it.
enum JobProgressRoute {
    static let events = Route(
        "GET",
        "/api/jobs/:job/events",
        name: "listJobEvents",
        group: JobRoutes.group,
        "List what a job reported, in order, with where it stands; with wait=20 the answer comes when there is something new",
        needs: .job(.read),
        query: QueryParameter.page + [LongPoll.parameter],
        answers: [.json(schema)],
        isStream: true
    ) { call, job in
        let (limit, after, now) = (try call.limit(), try call.after() ?? 0, call.now)
        let (database, jobs) = (call.services.database, call.services.jobs)
        return try await LongPoll.wait(for: job.id, call) {
            try await database.read { transaction in
                // The row first: what ends a job commits with its last event, so none follows those that are read after it.
                let record = try jobs.job(job.id, in: transaction) ?? job
                let store = EventStore()
                let found = try store.events(of: job.id, after: after, limit: limit, in: transaction)
                let document = JobRoutes.document(record, try record.deployment(in: transaction))
                var members: [(String, JSONNode)] = [
                    ("items", .list(found.map { item($0, of: job.id) })),
                    ("next", JSONNode(found.count == limit ? found.last.map { String($0.ordinal) } : nil)),
                    ("lastOrdinal", JSONNode(try store.lastOrdinal(of: job.id, in: transaction))),
                    ("job", try .encoding(document)),
                ]
                if let waits = try WaitReason.find(for: record, jobs: jobs, now: now, in: transaction) {
                    members.append(("waits", try .encoding(waits)))
                }
                let isSettled = record.status.isFinal || (record.status == .scheduled && record.stage == .approval)
                return (.json(.object(members)), isWorthAnAnswer: isSettled || !found.isEmpty)
            }
        }
    }

    private static func item(_ event: StoredEvent, of job: JobID) -> JSONNode {
        .object([
            ("type", .text(event.name)), ("job", .text(job.rawValue)), ("ordinal", JSONNode(event.ordinal)),
            ("at", .moment(event.createdAt)), ("data", .raw(event.payload)),
        ])
    }

    private static let item = NamedSchema(
        "JobEvent",
        .object([
            .init("type", .string(), "docs/json-output.md lists them"), .init("job", .string(), "The job"),
            .init("ordinal", .integer, "Counted from 1"), .init("at", .moment, "When"), .init("data", .any, "By type"),
        ])
    )

    private static let schema = Schema.object([
        .init("items", .list(.named(item)), "In order"),
        .init("next", .nullable(.string()), "Give it as 'after' for the next page; null: there is none yet"),
        .init("lastOrdinal", .integer, "Of the newest event; 0: there is none"),
        .init("job", .named(JobDocument.schema), "When it is over and there are no items, there will be none"),
        .optional("waits", .named(WaitReason.schema), "Why it doesn't run yet"),
    ])
}
