import Jobs
import Provisioning
import Registration
import Storage

extension JobRecord {
    /// The deployment that the job works on: of a run, or of a registration; nil for upkeep.
    func deployment(in transaction: Transaction) throws -> Deployment? {
        if let id = Registrations.deployment(of: self) { return try DeploymentStore().deployment(id, in: transaction) }
        return try DeploymentStore().deployment(ofJob: id, in: transaction)
    }
}
