import CLinux
import Glibc

/// Tries what reads strangers' bytes with mutated ones: no crash, no hang, no memory without bound.
@main struct SlipwayFuzz {
    static func main() async {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print(Options.usage)
            exit(2)
        }
        let seed = options.seed ?? .random(in: 0...999_999_999)
        if let path = options.caseFile, let target = options.targets.first {
            do {
                let campaign = Campaign(
                    target: target,
                    seed: seed,
                    options: options,
                    caseFile: try CaseFile(path, largest: target.largest)
                )
                try await campaign.run()
                exit(0)
            } catch {
                print("  \(target.name): \(error)")
                fflush(nil)
                exit(1)
            }
        }
        print("seed \(seed)")
        fflush(nil)
        var isFine = true
        for target in options.targets {
            do {
                isFine = try Supervisor(program: program, target: target, seed: seed, options: options).run() && isFine
            } catch {
                print("\(target.name): \(error)")
                isFine = false
            }
        }
        exit(isFine ? 0 : 1)
    }

    /// This program's own file.
    private static var program: String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        return String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
