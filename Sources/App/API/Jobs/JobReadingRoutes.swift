import Access
import Domain
import Events
import FoundationEssentials
import Jobs
import Provisioning
import Storage
import WebServer

/// What a job said and planned.
enum JobReadingRoutes {
    static let all = [log, JobProgressRoute.events, plan]

    static let log = Route(
        "GET",
        "/api/jobs/:job/log",
        name: "getJobLog",
        group: JobRoutes.group,
        "Read a job's log: a piece as JSON, or with follow=1 all of it as text until the job ends",
        needs: .job(.read),
        query: [
            QueryParameter("after", .integer, "'next' of the piece before; -1 for the beginning"),
            QueryParameter("limit", .whole(1...1000), "How many chunks at most: 1 to 1000, 50 unless given"),
            QueryParameter("follow", .boolean, "Stream until the job ends"), LongPoll.parameter,
        ],
        answers: [
            AnswerShape(
                status: 200,
                summary: "A piece of the log, or the stream",
                content: [
                    (
                        "application/json",
                        .named(LogDocument.schema)
                    ),
                    ("text/plain", .string()),
                ]
            )
        ],
        isStream: true
    ) { call, job in
        let after = Int64(try call.query("after", in: -1...Int.max) ?? -1)
        let limit = try call.limit()
        guard try !call.queryFlag("follow") else { return stream(of: job.id, after: after, call) }
        let (database, jobs) = (call.services.database, call.services.jobs)
        let piece = try await LongPoll.wait(for: job.id, call) {
            // The status before the text: what the last attempt wrote is committed with it.
            let (status, chunks) = try await database.read {
                (try jobs.job(job.id, in: $0)?.status, try EventStore().log(of: job.id, after: after, limit: limit, in: $0))
            }
            let piece = LogDocument(
                job: job.id.rawValue,
                log: chunks.map(\.text).joined(),
                next: chunks.last?.ordinal ?? after,
                isEnd: status?.isFinal ?? true && chunks.count < limit,
                status: status?.rawValue ?? ""
            )
            return (piece, isWorthAnAnswer: piece.isEnd || !chunks.isEmpty)
        }
        return try .json(encoding: piece)
    }

    private static func stream(of job: JobID, after: Int64, _ call: Call) -> Response {
        let (database, jobs) = (call.services.database, call.services.jobs)
        return .stream(headers: [HeaderField("Content-Type", "text/plain; charset=utf-8"), HeaderField("Cache-Control", "no-store")]) {
            writer in
            var last = after
            func writeNew() async throws {
                while true {
                    let start = last
                    let chunks = try await database.read { try EventStore().log(of: job, after: start, limit: 100, in: $0) }
                    guard let newest = chunks.last?.ordinal else { return }
                    last = newest
                    try await writer.write(chunks.map(\.text).joined())
                }
            }
            try await EventFollower(database: database).follow(job) { _ in
                let status = try await database.read { try jobs.job(job, in: $0)?.status }
                try await writeNew()
                return status.map { !$0.isFinal } ?? false
            }
        }
    }

    static let plan = Route(
        "GET",
        "/api/jobs/:job/plan",
        name: "getJobPlan",
        group: JobRoutes.group,
        "Read what a job's plan wants to change; as text with Accept: text/plain",
        needs: .job(.read),
        answers: [
            AnswerShape(
                status: 200,
                summary: "The plan",
                content: [
                    (
                        "application/json",
                        .object([
                            .init("job", .string(), "The job"),
                            .init("summary", .nullable(.string()), "+3 ~1 -0"),
                            .init("awaitsDecision", .boolean, "Someone has to approve or refuse it"),
                            .init("decision", .nullable(.string()), "approved or refused"),
                            .init("decidedBy", .nullable(.string()), "Who"),
                            .init("expiresAt", .nullable(.moment), "When it can't be approved any more"),
                            .init(
                                "changes",
                                .list(
                                    .object([
                                        .init("address", .string(), "Of the resource"),
                                        .init("action", .string(), "create, update, replace, delete …"),
                                        .init("reason", .nullable(.string()), "Terraform's, for a replacement"),
                                        .init("isDrift", .boolean, "It changed outside Terraform, as the plan found it"),
                                    ])
                                ),
                                "In Terraform's order"
                            ),
                        ])
                    ),
                    ("text/plain", .string()),
                ]
            )
        ]
    ) { call, job in
        let found = try await call.services.database.read { transaction in
            (
                run: try RunStore().run(job.id, in: transaction),
                events: try EventStore().events(of: job.id, named: [.planned, .drift, .planSummary], in: transaction)
            )
        }
        guard let run = found.run, !found.events.isEmpty else { throw Problem.notFound("Job \(job.id) has no plan (yet).") }
        var changes: [(change: PlannedChange, isDrift: Bool)] = []
        var summary = run.planSummary
        for event in found.events {
            switch event.event {
            case .planned(let change)?: changes.append((change, false))
            case .drift(let change)?: changes.append((change, true))
            case .planSummary(let totals)?: summary = totals.description
            default: break
            }
        }
        if call.request.headers["Accept"]?.hasPrefix("text/plain") ?? false {
            let lines = changes.map { "\($0.isDrift ? "drift " : "")\($0.change.action.symbol) \($0.change.address)\n" }
            return .text(lines.joined() + "Plan: \(summary ?? "nothing to change")\n")
        }
        return .json(
            .object([
                ("job", .text(job.id.rawValue)),
                ("summary", JSONNode(summary)),
                ("awaitsDecision", .bool(run.awaitsDecision && job.status == .scheduled)),
                ("decision", JSONNode(run.decision?.rawValue)),
                ("decidedBy", JSONNode(run.decidedBy)),
                ("expiresAt", JSONNode(run.planExpiresAt)),
                (
                    "changes",
                    .list(
                        changes.map { change, isDrift in
                            .object([
                                ("address", .text(change.address)), ("action", .text(change.action.rawValue)),
                                ("reason", JSONNode(change.reason)), ("isDrift", .bool(isDrift)),
                            ])
                        }
                    )
                ),
            ])
        )
    }
}
