/// What a running job does, as far as the worker's slots are concerned.
package enum Activity: Sendable {
    /// Uses the machine: takes a computing slot.
    case computing
    /// Waits for the cloud: takes a waiting slot, while there is one.
    case waiting
}
