import CLinux
import Glibc

/// The process that works: it may trap, hang or eat memory, and another one watches.
struct Campaign {
    let target: FuzzTarget
    let seed: UInt64
    let options: Options
    let caseFile: CaseFile

    /// Tries one input after the other.
    ///
    /// - Throws: ``FuzzTarget/Finding`` for an input that was taken wrongly; what the preparation throws.
    func run() async throws {
        // More than any input may need: the system says no before it has nothing left for others.
        var limit = rlimit(rlim_cur: 8 << 30, rlim_max: 8 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        let run = try await target.prepare()
        let mutator = Mutator(target)
        let deadline = options.seconds.map { Clock.now() + UInt64($0) * 1_000_000_000 }
        var iteration = options.first
        while deadline.map({ Clock.now() < $0 }) ?? true, options.count.map({ iteration - options.first < UInt64($0) }) ?? true {
            var random = SplitMix64(seed: seed, iteration: iteration)
            let input = options.input ?? mutator.input(&random)
            caseFile.begin(iteration, input)
            try await run(input)
            caseFile.end()
            iteration += 1
        }
    }
}
