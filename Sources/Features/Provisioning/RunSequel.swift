package import Domain
package import FoundationEssentials
package import Storage

/// What other features do with runs: they are given to it by the program, so that this one needs none of them.
package struct RunSequel: Sendable {
    /// A run that ended well, as the transaction that ends it sees it.
    package struct Ended: Sendable {
        package let deployment: Deployment
        package let job: JobID
        package let action: RunAction
        /// The deployment has nothing any more: it was destroyed, or rolled back.
        package let isGone: Bool
    }

    /// Runs in the transaction that ends a deploy or a destroy, after the deployment's own row was written; may be run again.
    package let settle: @Sendable (Ended, Date, Transaction) throws -> Void
    /// Environment variables that every run of an organization gets, given what its configuration declares (nil: nobody knows).
    package let environment: @Sendable (OrganizationID, _ declared: Set<String>?) async throws -> [String: String]

    package init(
        settle: @escaping @Sendable (Ended, Date, Transaction) throws -> Void,
        environment: @escaping @Sendable (OrganizationID, _ declared: Set<String>?) async throws -> [String: String]
    ) {
        self.settle = settle
        self.environment = environment
    }

    /// Nothing follows.
    package static let none = RunSequel(settle: { _, _, _ in }, environment: { _, _ in [:] })
}
