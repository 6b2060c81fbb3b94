internal import Events
internal import Jobs
internal import Terraform

extension Diagnostic { var message: String { summary } }
struct FailureVerdict { let reason: FailureClass = .unknown; let code: String? = nil; init(_ d: [Diagnostic]) {} }
extension DiagnosticReport { init(_ d: Diagnostic) { self.init(severity: .error, summary: d.summary) } }
