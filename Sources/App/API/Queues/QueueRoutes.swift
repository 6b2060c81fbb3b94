import Access
import Domain
import FoundationEssentials
import Jobs
import Storage
import WebServer

/// Queues and the workers that serve them: the installation's.
enum QueueRoutes {
    static let all = [list, pause, resume, workers]
    private static let group = "Queues"

    static let list = Route(
        "GET",
        "/api/queues",
        name: "listQueues",
        group: group,
        "List the queues with what is in them",
        needs: .administration,
        answers: [
            .json(
                .object([
                    .init(
                        "items",
                        .list(
                            .object([
                                .init("queue", .choice(QueueName.allCases.map(\.rawValue)), "Its name"),
                                .init("isPaused", .boolean, "Nothing of it is begun"),
                                .init("jobs", .dictionary(.integer), "How many by status, finished ones included while they are kept"),
                            ])
                        ),
                        "Most urgent first"
                    )
                ])
            )
        ]
    ) { call, _ in
        let (paused, counts) = try await call.services.database.read { [jobs = call.services.jobs] transaction in
            (try jobs.pausedQueues(in: transaction), try jobs.countsByQueue(in: transaction))
        }
        let items: [JSONNode] = QueueName.allCases.map { queue in
            let own = counts.filter { $0.queue == queue.rawValue }.sorted { $0.status < $1.status }
            return .object([
                ("queue", .text(queue.rawValue)), ("isPaused", .bool(paused.contains(queue))),
                ("jobs", .object(own.map { ($0.status, JSONNode($0.count)) })),
            ])
        }
        return .json(.object([("items", .list(items))]))
    }

    static let pause = change("pause", "pauseQueue", "Begin no further jobs of a queue, on any worker") { call, queue in
        let actor = try call.principal.actor
        try await call.services.database.write { [jobs = call.services.jobs] in try jobs.pause(queue, by: actor, in: $0) }
    }

    static let resume = change("resume", "resumeQueue", "Begin jobs of a queue again") { call, queue in
        try await call.services.database.write { [jobs = call.services.jobs] in try jobs.resume(queue, in: $0) }
    }

    static let workers = Route(
        "GET",
        "/api/workers",
        name: "listWorkers",
        group: group,
        "List the workers that have not stopped",
        needs: .administration,
        answers: [
            .json(
                .object([
                    .init(
                        "items",
                        .list(
                            .object([
                                .init("worker", .string(), "Its id"), .init("host", .string(), "Where"),
                                .init("pid", .integer, "Its process"),
                                .init("version", .string(), "Of the program"),
                                .init("computingSlots", .integer, "How many jobs compute at once"),
                                .init("waitingSlots", .integer, "How many wait for the cloud besides"),
                                .init("startedAt", .moment, "Since when"), .init("heartbeatAt", .moment, "Its last sign of life"),
                            ])
                        ),
                        "In the order they began"
                    )
                ])
            )
        ]
    ) { call, _ in
        let found = try await call.services.database.read { [jobs = call.services.jobs] in try jobs.workers(in: $0) }
        let items: [JSONNode] = found.map { worker in
            .object([
                ("worker", .text(worker.id)), ("host", .text(worker.host)), ("pid", JSONNode(worker.pid)),
                ("version", .text(worker.version)), ("computingSlots", JSONNode(worker.computingSlots)),
                ("waitingSlots", JSONNode(worker.waitingSlots)), ("startedAt", .moment(worker.startedAt)),
                ("heartbeatAt", .moment(worker.heartbeatAt)),
            ])
        }
        return .json(.object([("items", .list(items))]))
    }

    private static func change(
        _ verb: String,
        _ name: String,
        _ summary: String,
        _ body: @escaping @Sendable (Call, QueueName) async throws -> Void
    ) -> Route {
        Route(
            "POST",
            "/api/queues/:queue/\(verb)",
            name: name,
            group: group,
            summary,
            needs: .administration,
            answers: [.empty()]
        ) { call, _ in
            guard let queue = QueueName(rawValue: call.parameter("queue")) else {
                let words = QueueName.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.notFound("There is no queue '\(call.parameter("queue").brief)'; there are \(words).")
            }
            try await body(call, queue)
            return .done
        }
    }
}
