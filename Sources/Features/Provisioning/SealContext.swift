internal import Domain

/// What each sealed blob is bound to, so that none can take another's place.
enum SealContext {
    // Names are used where the ids are not known before the transaction that stores the blob. A project's is never changed; of an
    // organization it is the first name, which it keeps for this when it is renamed (`organizations.sealed_as`).
    static func source(organization: String, project: String, sha256: String) -> String { "source/\(organization)/\(project)/\(sha256)" }
    static func variables(organization: String, project: String) -> String { "variables/\(organization)/\(project)" }
    static func outputs(organization: String, project: String) -> String { "outputs/\(organization)/\(project)" }
    static func inputs(_ job: JobID) -> String { "inputs/\(job)" }
    static func plan(_ job: JobID) -> String { "plan/\(job)" }
    static func credential(organization: String, name: String) -> String { "credential/\(organization)/\(name)" }
}
