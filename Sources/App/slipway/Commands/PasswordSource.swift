import Access
import FoundationEssentials
import Host

/// A password that a command was given, or makes up.
enum PasswordSource {
    /// The password, and whether it was made up and has to be printed; nil when the command names none.
    static func read(_ context: CommandContext) throws -> (text: String, isNew: Bool)? {
        if context.command.flag("generate") { return (try TokenText.password(), true) }
        guard let file = context.command.string("password-file") else { return nil }
        let text: String
        if file == "-" {
            text = Terminal.standardInput.readLine() ?? ""
        } else {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandError("The file \(file) can't be read; check its name and permissions.")
            }
            text = String(decoding: data.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
        return (text.hasSuffix("\r") ? String(text.dropLast()) : text, false)
    }
}
