/// What a POSIX shell makes of text.
package enum SSHShell {
    /// The text as one word of a command, whatever it holds.
    package static func quoted(_ text: String) -> String {
        var word = "'"
        for character in text { word += character == "'" ? "'\\''" : String(character) }
        return word + "'"
    }
}
