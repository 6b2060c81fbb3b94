internal import FoundationEssentials

/// How a run is to be done: the job's payload, as JSON, without secrets.
package struct RunOptions: Sendable, Hashable, Codable {
    package var action: RunAction
    /// Stop after the plan, and apply exactly that plan once someone approved it.
    package var planFirst: Bool
    /// `terraform destroy` when the last attempt failed.
    package var rollbackOnFailure: Bool
    /// Go on by itself although an earlier attempt died while resources were in flight.
    package var resumeAfterCrash: Bool
    /// Plan a destroy instead of an apply; only with ``RunAction/plan``.
    package var plansDestroy: Bool
    /// Register the deployment's servers when it is done, from now on; nil leaves it as it was.
    package var autoRegisterServer: Bool?

    package init(
        action: RunAction,
        planFirst: Bool = false,
        rollbackOnFailure: Bool = false,
        resumeAfterCrash: Bool = false,
        plansDestroy: Bool = false,
        autoRegisterServer: Bool? = nil
    ) {
        self.action = action
        self.planFirst = planFirst
        self.rollbackOnFailure = rollbackOnFailure
        self.resumeAfterCrash = resumeAfterCrash
        self.plansDestroy = plansDestroy
        self.autoRegisterServer = autoRegisterServer
    }

    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    package static func decoded(from payload: String) throws -> RunOptions {
        try JSONDecoder().decode(RunOptions.self, from: Data(payload.utf8))
    }
}
