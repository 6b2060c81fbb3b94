import Provisioning
import Storage

/// Makes one sentence of any error.
enum ErrorText {
    static func sentence(of error: any Error) -> String {
        let text = String(describing: error)
        guard let first = text.first else { return "Something failed without saying why; run again with SLIPWAY_LOG=debug." }
        let sentence = first.uppercased() + text.dropFirst()
        return sentence.hasSuffix(".") || sentence.contains("\n") ? sentence : sentence + "."
    }
}
