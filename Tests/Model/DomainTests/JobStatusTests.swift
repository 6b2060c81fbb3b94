import Domain
import Testing

@Suite struct JobStatusTests {
    /// Every legal move; all others must be refused.
    private static let moves: [(JobStatus, JobStatus.Event, JobStatus)] = [
        (.pending, .leased, .processing), (.scheduled, .leased, .processing), (.retrying, .leased, .processing),
        (.pending, .cancelled, .cancelled), (.scheduled, .cancelled, .cancelled), (.retrying, .cancelled, .cancelled),
        (.processing, .cancelled, .cancelled), (.scheduled, .woken, .pending), (.retrying, .woken, .pending),
        (.processing, .completed, .completed), (.processing, .failedForGood, .failed), (.processing, .failedForNow, .retrying),
        (.processing, .leaseExpired, .retrying), (.processing, .suspended, .scheduled), (.processing, .handedBack, .pending),
    ]

    @Test(arguments: JobStatus.allCases, JobStatus.Event.allCases)
    func `each event leads where the table says, or nowhere`(status: JobStatus, event: JobStatus.Event) {
        let expected = Self.moves.first { $0.0 == status && $0.1 == event }?.2
        #expect(status.after(event) == expected)
    }

    @Test(arguments: JobStatus.allCases.filter(\.isFinal)) func `nothing happens to a job that has ended`(status: JobStatus) {
        for event in JobStatus.Event.allCases { #expect(status.after(event) == nil) }
    }

    @Test func `a status is final, waiting, or being worked on`() {
        for status in JobStatus.allCases { #expect([status.isFinal, status.isWaiting, status == .processing].filter { $0 }.count == 1) }
    }
}
