/// Terraform at work in a workspace.
package final class TerraformRun: Sendable {
    package enum Activity: Sendable, Hashable { case computing, waiting }

    /// Every line, in order, masked; ends when Terraform has ended and all is read. One reader only; Terraform doesn't wait for it.
    package let lines: AsyncStream<TerraformLine>
    /// Whether it computes or waits for the cloud, said at each change; looked at once a second.
    package let activity: AsyncStream<Activity>

    init() { fatalError("soon") }

    /// Asks Terraform to stop: once, however often it is called; after the grace it is killed.
    package func stop(grace: Duration = .seconds(90)) { fatalError("soon") }

    /// Kills it with everything it started.
    package func kill() { fatalError("soon") }

    /// Waits until nothing of it runs any more.
    package func wait() async -> RunExit { fatalError("soon") }
}
