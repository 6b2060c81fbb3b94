import Log
import Synchronization
import Testing

@Suite struct LoggerTests {
    @Test(arguments: LogLevel.allCases) func `only what matters enough is written`(minimum: LogLevel) {
        let written = Mutex<[LogLevel]>([])
        let logger = Logger(minimum: minimum) { level, _, _ in written.withLock { $0.append(level) } }
        logger.debug("a")
        logger.info("b")
        logger.warning("c")
        logger.error("d")
        #expect(written.withLock { $0 } == LogLevel.allCases.filter { $0 >= minimum })
    }

    @Test func `fields keep their order`() {
        let names = Mutex<[String]>([])
        let logger = Logger(minimum: .debug) { _, _, fields in names.withLock { $0 = fields.map(\.0) } }
        logger.info("Job leased", ["job.id": "x", "attempt": 1, "worker.id": "w"])
        #expect(names.withLock { $0 } == ["job.id", "attempt", "worker.id"])
    }
}
