/// Forces the local backend, whatever the configuration says.
///
/// An override file with a backend beats a `backend` or `cloud` block; of several override files the last by name wins. Should ours be
/// beaten all the same, Terraform finds another backend than the one it was told has been initialised, and refuses: it fails closed.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/language/files/override>
enum BackendOverride {
    static let stem = "zz_slipway_override"
    static let fileName = stem + ".tf"

    /// The path is relative to the source folder, so that it means the same inside the sandbox.
    private static let statePath = "../state/terraform.tfstate"

    static let content = """
        # Written by Slipway: it keeps the state.
        terraform {
          backend "local" {
            path = "\(statePath)"
          }
        }

        """

    /// `.terraform/terraform.tfstate`: the record of an initialised backend, which spares `init`.
    static let initializedBackend = """
        {"version":3,"terraform_version":"1.6.0","backend":{"type":"local","config":{"path":"\(statePath)","workspace_dir":null},"hash":0}}

        """

    /// The file would take our name, or (OpenTofu's `.tofu`) stand in for it.
    static func isReserved(_ name: String) -> Bool { stemOf(name) == stem }

    /// The file is an override file that is read after ours.
    static func isBeaten(by name: String) -> Bool {
        let stem = stemOf(name)
        guard stem == "override" || stem.hasSuffix("_override") else { return false }
        return fileName.utf8.lexicographicallyPrecedes(name.utf8)
    }

    private static func stemOf(_ name: String) -> String {
        for ending in [".tf.json", ".tofu.json", ".tf", ".tofu"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
        return name
    }
}
