/// One reader of what strangers write, and what it is tried with.
struct FuzzTarget: Sendable {
    /// Takes an input; what the reader refuses is fine, what it traps on or gets wrong isn't.
    typealias Run = @Sendable ([UInt8]) async throws -> Void

    let name: String
    /// Valid inputs, which are mutated.
    let corpus: [[UInt8]]
    /// Words that mean something to the reader.
    let words: [String]
    /// Inputs are cut to so many bytes.
    let largest: Int
    /// Once for each process.
    let prepare: @Sendable () async throws -> Run

    init(
        _ name: String,
        corpus: [[UInt8]],
        words: [String] = [],
        largest: Int = 256 << 10,
        prepare: @escaping @Sendable () async throws -> Run
    ) {
        self.name = name
        self.corpus = corpus
        self.words = words
        self.largest = largest
        self.prepare = prepare
    }

    /// One that needs no preparation.
    init(_ name: String, corpus: [[UInt8]], words: [String] = [], largest: Int = 256 << 10, run: @escaping Run) {
        self.init(name, corpus: corpus, words: words, largest: largest, prepare: { run })
    }

    /// A reader that took an input and got it wrong.
    struct Finding: Error, CustomStringConvertible {
        let description: String

        /// Throws when what must hold does not.
        static func unless(_ holds: Bool, _ what: String) throws { if !holds { throw Finding(description: what) } }
    }

    /// Runs what may refuse its input; a refusal is nothing, a finding goes on.
    static func attempt<Value>(_ work: () async throws -> Value) async throws -> Value? {
        do {
            return try await work()
        } catch let finding as Finding {
            throw finding
        } catch {
            // What is refused is printed or logged somewhere.
            _ = "\(error)"
            return nil
        }
    }

    static let all: [FuzzTarget] =
        [
            .events, .lines, .state, .json, .plan, .archive, .gzip, .packed, .form, .fields, .pusher, .http, .webSocket, .configuration,
            .disclosures,
            .variables, .lock, .ignoreRules, .outputs, .addresses, .keys, .objects, .sealed, .report, .ssh,
        ]
}
