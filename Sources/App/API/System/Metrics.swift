import Synchronization

/// Counts what the server does, for Prometheus.
///
/// - SeeAlso: <https://prometheus.io/docs/instrumenting/exposition_formats/>
package final class Metrics: Sendable {
    /// One number of now.
    package struct Gauge: Sendable {
        package let name: String
        package let summary: String
        package let value: Double

        package init(_ name: String, _ summary: String, _ value: Double) {
            self.name = name
            self.summary = summary
            self.value = value
        }
    }

    private struct Answer: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct Durations {
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count)
        var sum = 0.0
        var count = 0
    }

    private struct State {
        var answers: [Answer: Int] = [:]
        var durations: [String: Durations] = [:]
        var gauges: [@Sendable () -> [Gauge]] = []
    }

    /// In seconds.
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    private let state = Mutex(State())

    package init() {}

    /// Adds numbers that are read when somebody asks: connections, subscribers.
    package func add(_ gauges: @escaping @Sendable () -> [Gauge]) { state.withLock { $0.gauges.append(gauges) } }

    /// A request was answered.
    func count(_ route: Route, status: Int, duration: Duration) {
        let seconds = duration / .seconds(1)
        let answer = Answer(route: route.template.text, method: route.method, status: status)
        state.withLock { state in
            state.answers[answer, default: 0] += 1
            guard !route.isStream else { return }
            var durations = state.durations[route.template.text] ?? Durations()
            if let index = Self.bounds.firstIndex(where: { seconds <= $0 }) { durations.buckets[index] += 1 }
            durations.sum += seconds
            durations.count += 1
            state.durations[route.template.text] = durations
        }
    }

    /// What was counted so far.
    func lines() -> [String] {
        let state = state.withLock { $0 }
        var lines = Self.head("slipway_http_requests_total", "counter", "Requests by route and status")
        for (answer, count) in state.answers.sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }) {
            let labels = "route=\"\(answer.route)\",method=\"\(answer.method)\",status=\"\(answer.status)\""
            lines.append("slipway_http_requests_total{\(labels)} \(count)")
        }
        lines += Self.head("slipway_http_request_duration_seconds", "histogram", "How long answers took, streams left out")
        for (route, durations) in state.durations.sorted(by: { $0.key < $1.key }) {
            var total = 0
            for (bound, count) in zip(Self.bounds, durations.buckets) {
                total += count
                lines.append("slipway_http_request_duration_seconds_bucket{route=\"\(route)\",le=\"\(bound)\"} \(total)")
            }
            lines.append("slipway_http_request_duration_seconds_bucket{route=\"\(route)\",le=\"+Inf\"} \(durations.count)")
            lines.append("slipway_http_request_duration_seconds_sum{route=\"\(route)\"} \(durations.sum)")
            lines.append("slipway_http_request_duration_seconds_count{route=\"\(route)\"} \(durations.count)")
        }
        for gauge in state.gauges.flatMap({ $0() }) {
            lines += Self.head(gauge.name, "gauge", gauge.summary) + ["\(gauge.name) \(gauge.value)"]
        }
        return lines
    }

    /// The two lines before a metric's values.
    static func head(_ name: String, _ kind: String, _ summary: String) -> [String] {
        ["# HELP \(name) \(summary)", "# TYPE \(name) \(kind)"]
    }
}
