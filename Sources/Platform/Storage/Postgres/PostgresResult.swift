internal import CPostgres

/// The answer to one query; cleared when it goes out of scope.
struct PostgresResult: ~Copyable {
    /// What the server said of an error.
    struct ErrorFields {
        var message = ""
        var table = ""
        var column = ""
        var constraint = ""
    }

    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var isSuccess: Bool {
        let status = PQresultStatus(handle)
        return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
    }

    /// The five characters of an error's SQLSTATE; empty when libpq itself failed.
    var sqlState: String { field("C") }

    var errorFields: ErrorFields { ErrorFields(message: field("M"), table: field("t"), column: field("c"), constraint: field("n")) }

    /// The command that was completed: `COMMIT`, or `ROLLBACK` for the COMMIT of a failed transaction.
    var command: String { String(cString: PQcmdStatus(handle)) }

    var affectedRows: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }
    var rowCount: Int { Int(PQntuples(handle)) }
    var columnCount: Int { Int(PQnfields(handle)) }
    var columnNames: [String] { (0..<PQnfields(handle)).map { String(cString: PQfname(handle, $0)) } }
    var columnTypes: [UInt32] { (0..<PQnfields(handle)).map { PQftype(handle, $0) } }

    func value(row: Int, column: Int) -> SQLValue {
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(handle, row, column) == 0, let start = PQgetvalue(handle, row, column) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(handle, row, column)))
        let type = PostgresType(rawValue: PQftype(handle, column))
        return PQfformat(handle, column) == 1 ? PostgresType.binary(bytes, type) : PostgresType.text(bytes, type)
    }

    private func field(_ code: Unicode.Scalar) -> String {
        PQresultErrorField(handle, Int32(code.value)).map { String(cString: $0) } ?? ""
    }
}
