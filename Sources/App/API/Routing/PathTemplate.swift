/// A route's path: fixed parts, and parameters that take one part each (`/api/jobs/:job`).
struct PathTemplate: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case fixed(String)
        case parameter(String)
    }

    /// As it is written in the code: `/api/jobs/:job`.
    let text: String
    let parts: [Part]

    init(_ text: String) {
        self.text = text
        parts = text.split(separator: "/").map { $0.first == ":" ? .parameter(String($0.dropFirst())) : .fixed(String($0)) }
    }

    /// The names of its parameters, in order.
    var parameters: [String] { parts.compactMap { if case .parameter(let name) = $0 { name } else { nil } } }

    /// As OpenAPI writes it: `/api/jobs/{job}`.
    var openAPI: String {
        "/"
            + parts.map { part in
                switch part {
                case .fixed(let word): word
                case .parameter(let name): "{\(name)}"
                }
            }.joined(separator: "/")
    }
}
