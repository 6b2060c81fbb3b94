/// One place that breaks a rule, printed as compilers print theirs.
struct Violation: CustomStringConvertible, Equatable {
    let path: String
    let line: Int
    let message: String
    var description: String { "\(path):\(line): \(message)" }
}
