internal import Glibc

// `make check`: the rules of Tests/ArchitectureTests over the project in the folder named by the first argument.
// It is compiled by itself with those rules, so that it needs no build of the project.

let root = CommandLine.arguments.dropFirst().first ?? "."
do {
    let files = try ["Sources", "Tests"].flatMap { try SourceFile.all(below: $0, of: root) }
    let violations = Rules.violations(in: files) + Registers.violations(root: root)
    for violation in violations { print(violation) }
    print("\(files.count) files: \(violations.isEmpty ? "the architecture holds" : "\(violations.count) against the architecture")")
    exit(violations.isEmpty ? 0 : 1)
} catch {
    print(error)
    exit(2)
}
