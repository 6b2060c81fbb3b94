internal import Domain

extension RunExit {
    /// The same end; a limit that was exceeded knows whether it is the organization's own, and so what raises it.
    package func attributed(to limits: RunLimits) -> RunExit {
        guard case .killed(.exceeded(var excess)) = end, limits.own.contains(excess.kind.limit) else { return self }
        excess.isOwn = true
        return RunExit(
            end: .killed(.exceeded(excess)),
            processorTime: processorTime,
            peakResidentBytes: peakResidentBytes,
            needsInitialization: needsInitialization
        )
    }
}
