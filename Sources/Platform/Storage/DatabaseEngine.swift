/// What SQLite and PostgreSQL each do in their own way.
protocol DatabaseEngine: Sendable {
    var dialect: Dialect { get }
    func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T
    func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T
    var changes: UInt64 { get }
    func doorbells(_ channel: String) -> AsyncStream<Void>
    func check() async throws -> DatabaseCheck
    func close() async
}
