/// The progress numbers of requirement 000, 0–100 over a whole run; within an apply they follow the resources that are done.
enum RunProgress {
    static let preparing = 10
    static let prepared = 20
    static let planning = 30
    static let planned = 40
    static let applying = 60
    static let verifying = 80
    static let reading = 90
    static let done = 100

    /// Within an apply or a destroy.
    static func applying(done: Int, of total: Int) -> Int {
        guard total > 0 else { return applying }
        return applying + (verifying - applying) * min(done, total) / total
    }
}
