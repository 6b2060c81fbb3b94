/// Finds the route of a request: a tree with one level per part of the path.
struct RouteTable: Sendable {
    /// What was found for a path and a method.
    enum Match: Sendable {
        case route(Route, parameters: [String: String])
        /// The path is there, with other methods.
        case otherMethods([String])
        case none
    }

    private final class Node: Sendable {
        let fixed: [String: Node]
        let parameter: Node?
        let routes: [String: Route]

        init(_ routes: [Route], depth: Int) {
            let here = routes.filter { $0.template.parts.count == depth }
            self.routes = Dictionary(here.map { ($0.method, $0) }) { first, _ in first }
            var byWord: [String: [Route]] = [:]
            var others: [Route] = []
            for route in routes where route.template.parts.count > depth {
                switch route.template.parts[depth] {
                case .fixed(let word): byWord[word, default: []].append(route)
                case .parameter: others.append(route)
                }
            }
            fixed = byWord.mapValues { Node($0, depth: depth + 1) }
            parameter = others.isEmpty ? nil : Node(others, depth: depth + 1)
        }
    }

    let routes: [Route]
    private let root: Node

    init(_ routes: [Route]) {
        self.routes = routes
        root = Node(routes, depth: 0)
    }

    /// Finds a route; a fixed part goes before a parameter, and `HEAD` is a `GET`.
    func match(_ method: String, _ segments: [String]) -> Match {
        var path = segments
        // `/api/jobs/` is `/api/jobs`.
        if path.count > 1, path.last == "" { path.removeLast() }
        guard let (node, values) = find(path[...], below: root), !node.routes.isEmpty else { return .none }
        if let route = node.routes[method == "HEAD" ? "GET" : method] {
            return .route(route, parameters: Dictionary(zip(route.template.parameters, values)) { first, _ in first })
        }
        var methods = node.routes.keys.sorted()
        if methods.contains("GET") { methods.append("HEAD") }
        return .otherMethods(methods + ["OPTIONS"])
    }

    private func find(_ path: ArraySlice<String>, below node: Node) -> (Node, [String])? {
        guard let part = path.first else { return (node, []) }
        let rest = path.dropFirst()
        if let next = node.fixed[part], let found = find(rest, below: next), !found.0.routes.isEmpty { return found }
        guard !part.isEmpty, let next = node.parameter, let (end, values) = find(rest, below: next) else { return nil }
        return (end, [part] + values)
    }
}
