/// Values for a configuration's input variables.
package struct RunVariables: Sendable, Hashable {
    /// Variable files, in Terraform's syntax (`.tfvars`) or JSON (`.tfvars.json`), a later one wins.
    package struct File: Sendable, Hashable {
        /// Only its ending counts: `.json` or not.
        package var name: String
        package var content: [UInt8]

        package init(name: String, content: [UInt8]) {
            self.name = name
            self.content = content
        }
    }

    package var files: [File]
    /// As `-var NAME=VALUE` takes them: text for strings, numbers and booleans, Terraform's syntax for lists, maps and
    /// objects.
    ///
    /// They win over everything else.
    package var values: [String: String]

    package init(files: [File] = [], values: [String: String] = [:]) {
        self.files = files
        self.values = values
    }
}
