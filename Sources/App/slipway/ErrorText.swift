import Provisioning
import Storage

/// Makes one sentence of any error.
enum ErrorText {
    static func sentence(of error: any Error) -> String {
        let text = String(describing: error)
        guard let first = text.first else { return "Something failed without saying why; run again with SLIPWAY_LOG=debug." }
        // A sentence that begins with a file's name keeps its case: `main.tf`, `modules/web`.
        let isWord = text.prefix { $0 != " " }.allSatisfy(\.isLetter)
        let sentence = isWord ? first.uppercased() + text.dropFirst() : text
        return sentence.hasSuffix(".") || sentence.hasSuffix("?") || sentence.contains("\n") ? sentence : sentence + "."
    }
}
