/// One open connection of either database; used from one queue at a time.
protocol Connection: AnyObject {
    var dialect: Dialect { get }
    var scope: TransactionScope { get set }
    /// Runs a statement to its end and keeps its first `rowLimit` rows.
    func run(_ sql: SQL, rowLimit: Int) throws(StorageError) -> Answer
    /// Runs BEGIN, COMMIT and their like.
    func control(_ text: String) throws(StorageError)
}

/// What a statement gave.
struct Answer {
    var rows: [Row] = []
    var affectedRows = 0
}

/// What the running transaction has gathered.
struct TransactionScope {
    /// The first statement's error, after which there is only rollback.
    var failure: StorageError?
    /// Whether nothing may be changed.
    var isReading = false
    /// Whether the connection broke.
    var isLost = false
    /// Whether a deadlock or the like ended the transaction, so that all of it must be run again.
    var mustStartOver = false
    /// Whether prepared statements went stale, so that the connection must be replaced.
    var hasStaleStatements = false
    /// Whether COMMIT was sent, so that the outcome is unknown if the connection breaks.
    var isCommitting = false
    /// The channels to ring after the commit.
    var bells: [String] = []
}
