package import Domain
package import FoundationEssentials
package import Jobs
package import Sealing
package import Storage
internal import Terraform

/// Takes requests for runs: checks them, and stores source, inputs and job in one transaction.
package struct RunSubmission: Sendable {
    private let database: Database
    private let keyring: Keyring
    private let jobs: JobStore
    private let deployments = DeploymentStore()
    private let runs = RunStore()
    private let now: @Sendable () -> Date

    package init(database: Database, keyring: Keyring, jobs: JobStore, now: @escaping @Sendable () -> Date = { Date() }) {
        self.database = database
        self.keyring = keyring
        self.jobs = jobs
        self.now = now
    }

    /// Queues the run.
    ///
    /// All of it is durable when this returns, or nothing is stored.
    ///
    /// - Parameters:
    ///   - request: What someone asks for.
    ///   - alongside: Runs in the same transaction, before anything is queued, when deployment and organization are there: for limits, for
    ///     the record, for the answer to a request that may come again. May be run again; what it throws undoes all.
    /// - Returns: The job's id.
    /// - Throws: ``ProvisioningError`` with what to change, or what `alongside` throws.
    package func submit(
        _ request: RunRequest,
        alongside: @escaping @Sendable (Submitted, Transaction) throws -> Void = { _, _ in }
    ) async throws -> JobID {
        let request = try request.validated()
        let now = now()
        var random = SystemRandomNumberGenerator()
        let job = JobID.make(
            prefix: request.options.action.rawValue,
            unixMilliseconds: Int64(clamping: now.timeIntervalSince1970 * 1000),
            using: &random
        )
        let sealingName = try await database.read { [deployments] transaction in
            try deployments.sealingName(ofOrganization: request.organization, in: transaction)
        }
        let inputs = try await completeInputs(of: request, sealingName)
        let sealedInputs = try Envelope.seal(inputs.encoded(), with: keyring, context: SealContext.inputs(job), compress: true)
        let source = try sealedSource(of: request, sealingName)
        return try await database.write { [deployments, runs, jobs] transaction in
            let organization = try deployments.organization(named: request.organization, now: now, in: transaction)
            let deployment = try deployments.ensure(project: request.project, organization: organization, now: now, in: transaction)
            try alongside(Submitted(job: job, organization: organization, deployment: deployment), transaction)
            let sourceID: Int64
            if let source {
                sourceID = try runs.addSource(
                    source.sealed,
                    sha256: source.sha256,
                    size: source.size,
                    fileCount: source.fileCount,
                    to: deployment,
                    now: now,
                    in: transaction
                )
            } else if let other = request.sourceOf, let run = try runs.run(other, in: transaction), run.deployment == deployment {
                sourceID = run.source
            } else {
                // Before its first run has begun there is what that one was queued with.
                let stored =
                    try deployments.deployment(deployment, in: transaction)?.sourceID
                    ?? runs.newestSource(of: deployment, in: transaction)
                guard let stored else {
                    throw ProvisioningError(
                        .notFound,
                        "No code of the project '\(request.project)' is kept here; run `slipway deploy DIR --project \(request.project)` first."
                    )
                }
                sourceID = stored
            }
            var tags = ["terraform", "infrastructure", "organization:\(organization)", "deployment:\(deployment)"]
            tags += (source?.providers ?? []).map { "provider:\($0)" }
            let new = NewJob(
                id: job,
                kind: request.options.action.rawValue,
                queue: .terraform,
                organization: organization,
                concurrencyKey: "deployment:\(deployment)",
                payload: try request.options.encoded(),
                tags: tags,
                timeout: request.timeout
            )
            _ = try jobs.enqueue(new, in: transaction)
            try runs.add(job: job, deployment: deployment, source: sourceID, sealedInputs: sealedInputs, in: transaction)
            return job
        }
    }

    /// What a request is becoming.
    package struct Submitted: Sendable {
        package let job: JobID
        package let organization: OrganizationID
        package let deployment: DeploymentID
    }

    // MARK: - Details

    private struct SealedSource: Sendable {
        let sealed: [UInt8]
        let sha256: String
        let size: Int
        let fileCount: Int
        let providers: [String]
    }

    private func sealedSource(of request: RunRequest, _ sealingName: String) throws -> SealedSource? {
        guard let source = request.source else { return nil }
        let packed = source.packed()
        let sha256 = SHA256.hex(packed)
        let context = SealContext.source(organization: sealingName, project: request.project, sha256: sha256)
        return SealedSource(
            sealed: try Envelope.seal(packed, with: keyring, context: context, compress: true),
            sha256: sha256,
            size: packed.count,
            fileCount: source.entries.count,
            providers: source.scan.providers
        )
    }

    /// The inputs with the named credentials' variables, and the deployment's own variables where the request gives none.
    private func completeInputs(of request: RunRequest, _ sealingName: String) async throws -> RunInputs {
        var inputs = request.inputs
        let credentials = CredentialStore(database: database, keyring: keyring)
        for name in request.credentials {
            let values = try await credentials.values(name: name, organization: request.organization)
            inputs.environment.merge(values) { _, chosen in chosen }
        }
        guard request.source == nil, !inputs.hasVariables else { return inputs }
        let sealed = try await database.read { [deployments] transaction -> [UInt8]? in
            try deployments.deployment(project: request.project, organization: request.organization, in: transaction)
                .flatMap { try deployments.sealedVariables(of: $0.id, in: transaction) }
        }
        guard let sealed else { return inputs }
        let context = SealContext.variables(organization: sealingName, project: request.project)
        let kept = try RunInputs.decoded(from: try Envelope.open(sealed, with: keyring, context: context))
        inputs.variables = kept.variables
        inputs.variableFiles = kept.variableFiles
        return inputs
    }
}
