internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Sealing
internal import Storage
internal import Terraform

/// Everything that one attempt was ordered to do, unsealed.
struct RunOrder: Sendable {
    let deployment: Deployment
    let options: RunOptions
    let sourceID: Int64
    let source: SourceFiles
    let inputs: RunInputs
    /// The approved plan, when there is one to apply.
    let plan: [UInt8]?
    let providerLock: String?
    /// What the job's earlier attempts reported, up to now.
    let lastOrdinal: Int64
    /// How many changes the approved plan has.
    let plannedChanges: Int

    /// Reads and unseals the order of a job.
    ///
    /// - Throws: ``JobFailure`` when it can't be carried out any more: a plan that was refused or has expired, a lost key.
    static func read(_ context: JobContext, _ services: ProvisioningServices) async throws -> RunOrder {
        let options = try RunOptions.decoded(from: context.job.payload)
        let job = context.job.id
        // A key that was added since this worker began; what can't be opened is said where it is needed.
        try? await services.keyring.refresh()
        let stored = try await services.database.read { transaction in
            (
                deployment: try services.deployments.deployment(ofJob: job, in: transaction),
                run: try services.runs.run(job, in: transaction),
                lastOrdinal: try services.events.lastOrdinal(of: job, in: transaction),
                plannedChanges: try services.events.count(.planned, of: job, in: transaction)
            )
        }
        guard let deployment = stored.deployment, let run = stored.run else {
            throw JobFailure(.notFound, message: "The deployment of this job was removed.")
        }
        let rest = try await services.database.read { transaction in
            (
                source: try services.runs.sealedSource(run.source, in: transaction),
                lock: try services.deployments.providerLock(of: deployment.id, in: transaction)
            )
        }
        guard let sealedSource = rest.source, let sealedInputs = run.sealedInputs else {
            throw JobFailure(.notFound, message: "What this job was to run is no longer kept; run the command again.")
        }
        let context = SealContext.source(
            organization: deployment.sealingName,
            project: deployment.project,
            sha256: sealedSource.sha256
        )
        let source = try SourceFiles(packed: try Envelope.open(sealedSource.sealed, with: services.keyring, context: context))
        var inputs = try RunInputs.decoded(from: Envelope.open(sealedInputs, with: services.keyring, context: SealContext.inputs(job)))
        let scan = source.scan
        let offered = try await services.sequel.environment(deployment.organization, scan.hasJSON ? nil : Set(scan.variables.keys))
        // Whoever gives a value of their own means it.
        inputs.environment.merge(offered) { given, _ in given }
        return RunOrder(
            deployment: deployment,
            options: options,
            sourceID: run.source,
            source: source,
            inputs: inputs,
            plan: try approvedPlan(run, services),
            providerLock: rest.lock,
            lastOrdinal: stored.lastOrdinal,
            plannedChanges: stored.plannedChanges
        )
    }

    /// The code of the failure that a plan without a decision ends with.
    static let planExpired = "plan_expired"

    /// The plan to apply: nil for a run that plans by itself.
    private static func approvedPlan(_ run: RunStore.Run, _ services: ProvisioningServices) throws -> [UInt8]? {
        guard let sealed = run.sealedPlan else { return nil }
        if run.decision == .approved {
            return try Envelope.open(sealed, with: services.keyring, context: SealContext.plan(run.job))
        }
        throw JobFailure(.timedOut, message: "Nobody approved the plan in time; run the command again for a new one.", code: planExpired)
    }

    /// The variables as the deployment keeps them for its next run.
    func sealedVariables(_ services: ProvisioningServices) throws -> [UInt8] {
        let context = SealContext.variables(organization: deployment.sealingName, project: deployment.project)
        return try Envelope.seal(inputs.withoutEnvironment.encoded(), with: services.keyring, context: context, compress: true)
    }
}
