internal import Domain
internal import Events
import FoundationEssentials

/// One stage of a job in the live view.
struct StageBar: Sendable, Equatable {
    enum Phase: Sendable, Equatable { case running, done, failed, cancelled }

    let stage: JobStage
    let started: Date
    var ended: Date?
    var phase = Phase.running
    /// 0–100, over the whole job, as last reported.
    var progress: Int
    var message: String

    init(_ report: StageReport, at: Date) {
        stage = report.stage
        started = at
        progress = report.progress
        message = report.message
    }

    /// 0–100 within this stage.
    ///
    /// - Parameters:
    ///   - done: How many resources are done.
    ///   - total: How many are planned; a stage that works on resources follows them.
    /// - Returns: 0–99 while it runs, 100 once it is done.
    func percent(done: Int, total: Int) -> Int {
        if phase == .done { return 100 }
        if isAboutResources, total > 0 { return min(100, done * 100 / total) }
        // The parts of the whole job's 0–100 that requirement 000 gives to each stage.
        let part: ClosedRange<Int> =
            switch stage {
            case .`init`: 0...30
            case .plan, .refresh: 30...60
            case .apply, .destroy, .rollback: 60...80
            case .verify: 80...100
            case .outputs: 0...9
            case .connect: 10...29
            case .cloudInit: 30...44
            case .keys: 45...54
            case .docker: 55...74
            case .health: 75...89
            case .register: 90...100
            default: 0...100
            }
        return min(max((progress - part.lowerBound) * 100 / part.count, 0), 99)
    }

    /// How long it has taken, or took.
    func elapsed(now: Date) -> Double { max(0, (ended ?? now).timeIntervalSince(started)) }

    /// Its progress is that of the resources.
    var isAboutResources: Bool { [.apply, .destroy, .rollback].contains(stage) }

    /// A bar for it says nothing: the job waits, or is over.
    static func isShown(_ stage: JobStage) -> Bool { ![.queued, .approval, .completed, .failed, .cancelled].contains(stage) }
}
