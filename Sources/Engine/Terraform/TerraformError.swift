package import Host

/// Why Terraform could not be run at all; what Terraform itself finds wrong comes as a ``Diagnostic``.
package struct TerraformError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        // The program
        case programMissing(configured: String?)
        case programNotExecutable(path: String)
        case programTooOld(path: String, version: String)
        case programBroken(path: String, message: String)
        // The sandbox
        case sandboxUnavailable(why: String)
        case networkUnavailable(why: String)
        // The source
        case sourceMissing(path: String)
        case noConfiguration
        case sourceTooLarge(limit: Int)
        case tooManyFiles(limit: Int)
        case linkLeavesFolder(path: String, target: String)
        case nameNotUTF8(path: String)
        case unsafeName(path: String)
        case leftover(path: String)
        case specialFile(path: String)
        case reservedName(path: String)
        case fightingOverride(path: String)
        case packedSourceDamaged
        case archiveDamaged
        // Variables
        case invalidVariableName(String)
        case undeclaredVariable(String, declared: [String])
        // The machine
        case diskFull(path: String)
        case foreign(path: String)
        case workspaceInUse(path: String)
        case limitExceeded(RunLimits.Excess)
        case interrupted(String)
        case providerDamaged(String)
        case providerChanged(String, pin: String)
        case system(HostError)
    }

    package let reason: Reason

    package init(_ reason: Reason) { self.reason = reason }

    /// Translates what the system refused.
    package init(_ error: HostError) {
        switch error {
        case _ where error.isDiskFull: self.init(.diskFull(path: error.path))
        case _ where error.isForeign && error.doing == "read":
            // As the run knows it: where the workspace is on this machine is nobody's business.
            let inside = error.path.firstRange(of: "/\(Workspace.insideName)/").map { String(error.path[$0.upperBound...]) }
            self.init(.foreign(path: inside ?? error.path))
        default: self.init(.system(error))
        }
    }

    /// The input is at fault, not the machine: trying again can't help.
    package var isBadInput: Bool {
        switch reason {
        case .sourceMissing, .noConfiguration, .sourceTooLarge, .tooManyFiles, .linkLeavesFolder, .nameNotUTF8, .unsafeName, .leftover,
            .specialFile,
            .reservedName, .fightingOverride, .packedSourceDamaged, .archiveDamaged, .invalidVariableName, .undeclaredVariable,
            .providerChanged:
            true
        case .programMissing, .programNotExecutable, .programTooOld, .programBroken, .sandboxUnavailable, .networkUnavailable, .diskFull,
            .foreign, .workspaceInUse, .limitExceeded, .interrupted,
            .providerDamaged, .system:
            false
        }
    }

    package var description: String {
        switch reason {
        case .programMissing(nil):
            "neither terraform nor tofu is on PATH: install Terraform (https://developer.hashicorp.com/terraform/install) "
                + "or OpenTofu (https://opentofu.org/docs/intro/install), version 1.6 or newer"
        case .programMissing(let path?):
            "there is no program at \(path): set SLIPWAY_TERRAFORM to a Terraform or OpenTofu of version 1.6 or newer "
                + "(https://developer.hashicorp.com/terraform/install, https://opentofu.org/docs/intro/install)"
        case .programNotExecutable(let path):
            "\(path) is not an executable file: make it one (chmod +x), or set SLIPWAY_TERRAFORM to Terraform or OpenTofu"
        case .programTooOld(let path, let version):
            "\(path) is version \(version), and 1.6 is the oldest that works: get a newer one from "
                + "https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install"
        case .programBroken(let path, let message):
            "\(path) does not answer `version -json` as Terraform or OpenTofu would: \(message)"
        case .sandboxUnavailable(let why):
            "the sandbox is required and does not work here: \(why); install bubblewrap and allow user namespaces, "
                + "or set SLIPWAY_SANDBOX to preferred or off"
        case .networkUnavailable(let why):
            "the network that is set for these runs can't be made here: \(why)"
        case .sourceMissing(let path):
            "there is no folder or .tf file at \(path): name the folder that Terraform would be run in"
        case .noConfiguration:
            "the folder holds no .tf file: name the folder that Terraform would be run in"
        case .sourceTooLarge(let limit):
            "the source is larger than \(limit >> 20) MiB: keep data, archives and state out of the folder"
        case .tooManyFiles(let limit):
            "the source has more than \(limit) files: keep dependencies and build results out of the folder"
        case .linkLeavesFolder(let path, let target):
            "the symbolic link \(path) leads out of the folder (to \(target)): copy what it names into the folder"
        case .nameNotUTF8(let path):
            "the file name \(path) is not valid UTF-8: rename it"
        case .unsafeName(let path):
            "the file name \(path) is absolute, empty, has control characters or leads out of the folder: rename it"
        case .leftover(let path):
            "\(path) is left over from a run of Terraform and no configuration: leave it out"
        case .specialFile(let path):
            "\(path) is a pipe, socket or device: only files, folders and symbolic links can be deployed"
        case .reservedName(let path):
            "\(path) uses a name that Slipway keeps for itself (\(BackendOverride.stem).*): rename it"
        case .fightingOverride(let path):
            "\(path) sets a backend and is read after Slipway's own override: remove the backend or cloud block from it, for Slipway keeps the state"
        case .packedSourceDamaged:
            "the stored source can't be read: deploy again from the folder"
        case .archiveDamaged:
            "the archive is no whole tar archive: make it with tar -czf"
        case .invalidVariableName(let name):
            "\(name.debugDescription) is no variable name: letters, digits, _ and -, not beginning with a digit or -"
        case .undeclaredVariable(let name, let declared):
            "the configuration declares no variable \(name)"
                + (declared.isEmpty ? "" : " (it declares \(declared.sorted().prefix(20).joined(separator: ", ")))")
        case .diskFull(let path):
            "no space is left for \(path): free some and try again"
        case .foreign(let path):
            "\(path) is no plain file of the run any more: something that the run started has put a link, a pipe or another's file in its "
                + "place, and nothing was read from it"
        case .limitExceeded(let excess): excess.sentence
        case .interrupted(let what): what
        case .workspaceInUse(let path):
            "the workspace \(path) is in use by another process"
        case .providerDamaged(let name):
            "the provider \(name) does not match its recorded hash"
        case .providerChanged(let name, let pin):
            "the provider \(name) is not the one that was installed here first: its registry or mirror now has other files under the same "
                + "version, and it is not used; choose another version, or, if you have replaced it in a mirror of your own, remove \(pin)"
        case .system(let error):
            error.description
        }
    }
}
