import CLinux
import FoundationEssentials
import Glibc
import Sealing

/// Runs a target in a process of its own and tells what becomes of it.
struct Supervisor {
    /// What one input may use of the processors; the clock on the wall also counts what other programs take.
    private static let processorLimit: UInt64 = 2_000_000_000
    /// For what waits instead of computing.
    private static let wallLimit: UInt64 = 30_000_000_000
    /// In bytes, of the whole process.
    private static let memoryLimit = 768 << 20

    let program: String
    let target: FuzzTarget
    let seed: UInt64
    let options: Options

    /// Runs it to its end; whether nothing was found.
    func run() throws -> Bool {
        let path = FileManager.default.temporaryDirectory.path + "/slipway-fuzz-\(getpid())-\(target.name)"
        defer { unlink(path) }
        let caseFile = try CaseFile(path, largest: target.largest)
        let begin = Clock.now()
        let child = try start(path)
        // What ends the process leaves it nobody to remove its socket.
        defer { unlink(Connections.socketPath(of: child)) }
        var status: Int32 = 0
        var usage = rusage()
        var verdict: String?
        while wait4(child, &status, WNOHANG, &usage) == 0 {
            if verdict == nil, let fault = fault(of: child, caseFile) {
                verdict = fault
                kill(child, SIGKILL)
            }
            usleep(10_000)
        }
        let signal = status & 0x7F
        if verdict == nil, signal != 0 { verdict = "crash: signal \(signal)" }
        if verdict == nil, status != 0 { verdict = "exit \(status >> 8)" }
        let seconds = Double(Clock.now() - begin) / 1e9
        let rate = seconds > 0 ? Int(Double(caseFile.doneCount) / seconds) : 0
        print(
            "\(target.name.padded(to: 14)) \(caseFile.doneCount) inputs in \(Int(seconds.rounded())) s, \(rate) a second, "
                + "at most \(caseFile.slowest / 1_000_000) ms and \(usage.ru_maxrss >> 10) MB\(verdict == nil ? "" : ": FOUND")"
        )
        // Somebody may follow it in a file.
        defer { fflush(nil) }
        guard let verdict else { return true }
        let input = caseFile.input
        print("  \(verdict)\n  target \(target.name) seed \(seed) iteration \(caseFile.iteration), \(input.count) bytes:")
        print("  \(Hexadecimal.text(input))")
        return false
    }

    private func start(_ path: String) throws -> pid_t {
        var words = [program, target.name, "--case", path, "--seed", "\(seed)", "--first", "\(options.first)"]
        if let seconds = options.seconds { words += ["--seconds", "\(seconds)"] }
        if let count = options.count { words += ["--count", "\(count)"] }
        if let input = options.input { words += ["--input", Hexadecimal.text(input)] }
        var pointers = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, nil, nil, &pointers, environ)
        guard code == 0 else { throw FuzzTarget.Finding(description: "can't start \(program): \(String(cString: strerror(code)))") }
        return pid
    }

    /// Why the process has to be ended.
    private func fault(of child: pid_t, _ caseFile: CaseFile) -> String? {
        let memory = residentSize(of: child)
        if memory > Self.memoryLimit { return "memory: \(memory >> 20) MB" }
        let iteration = caseFile.iteration
        guard caseFile.isBusy else { return nil }
        let used = Clock.processor(of: child)
        let (computed, waited) = (used &- caseFile.processorAtBegin, Clock.now() &- caseFile.begin)
        // Another one may have begun while this one was looked at.
        guard caseFile.isBusy, caseFile.iteration == iteration, used > caseFile.processorAtBegin else { return nil }
        if computed > Self.processorLimit, waited > Self.processorLimit / 2 { return "hang: computes for \(computed / 1_000_000) ms" }
        return waited > Self.wallLimit && waited < .max / 2 ? "hang: waits for \(waited / 1_000_000_000) s" : nil
    }

    private func residentSize(of child: pid_t) -> Int {
        guard let file = fopen("/proc/\(child)/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 127, file) != nil else { return 0 }
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * Int(getpagesize()) : 0
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
