/// How a run of Terraform ended.
package struct RunExit: Sendable, Hashable {
    package enum End: Sendable, Hashable {
        case succeeded
        /// Terraform found something wrong; its diagnostics say what.
        case failed(code: Int32)
        /// It was told to stop and did so in good order: the state holds all that was finished.
        case stopped
        case killed(KillCause)
    }

    package enum KillCause: Sendable, Hashable {
        /// ``TerraformRun/stop(grace:)`` ran out of patience.
        case graceOver
        /// ``TerraformRun/kill()`` was called.
        case forced
        /// The kernel killed Terraform or a provider for want of memory.
        case memoryLimit
        /// It took more than a run may, and we killed it.
        case exceeded(RunLimits.Excess)
        /// Someone else did.
        case signal(Int32)
    }

    package let end: End
    /// Of the whole run.
    package let processorTime: Duration
    /// Of its largest process, in bytes.
    package let peakResidentBytes: Int
    /// Terraform refused before it did anything, for want of a provider or module: run `initialize`, then the same again.
    package let needsInitialization: Bool

    package init(end: End, processorTime: Duration = .zero, peakResidentBytes: Int = 0, needsInitialization: Bool = false) {
        self.end = end
        self.processorTime = processorTime
        self.peakResidentBytes = peakResidentBytes
        self.needsInitialization = needsInitialization
    }

    package var isSuccess: Bool { end == .succeeded }

    /// One sentence for people.
    package var sentence: String {
        switch end {
        case .succeeded: "Terraform finished"
        case .failed(let code): "Terraform failed with exit code \(code)"
        case .stopped: "Terraform stopped as asked, with everything finished in the state"
        case .killed(.graceOver): "Terraform did not stop in time and was killed: what was in flight may exist without being in the state"
        case .killed(.forced): "Terraform was killed as asked: what was in flight may exist without being in the state"
        case .killed(.memoryLimit):
            "Terraform or a provider was killed because memory ran out: give the worker more memory (a run of the AWS provider "
                + "takes about 450 MB) or run fewer at once"
        case .killed(.exceeded(let excess)): excess.sentence
        case .killed(.signal(let number)): "Terraform was killed from outside by signal \(number)"
        }
    }
}
