/// The commands about the keys that seal, and the locks of states.
extension CommandTree {
    static let keys = CommandSpec(
        name: "keys",
        summary: "List, add, rotate and retire the keys that seal states and secrets; show the keys that open servers",
        subcommands: [
            CommandSpec(
                name: "list",
                summary: "List the keys, what protects them, and how much each opens",
                discussion: "Opens no key: works without the passphrase, and names keys that are missing.",
                examples: [.init("slipway keys list", "What would be lost with which key?")]
            ),
            CommandSpec(
                name: "add",
                summary: "Add a random key to the keyring",
                discussion: """
                    The new key seals nothing before 'slipway keys rotate' makes it the active one. Copy the keyring to a safe place after \
                    every change.

                    Unless told otherwise the file's mode alone protects it. A passphrase comes from SLIPWAY_PASSPHRASE or from the file that \
                    SLIPWAY_PASSPHRASE_FILE names, and is then needed at every start. A key of AWS KMS never leaves AWS; its access key comes \
                    from AWS_* or ~/.aws.
                    """,
                options: [
                    .value("name", "NAME", .name, "Its name; one is made up unless given"),
                    .flag("passphrase", "Wrap it with the passphrase"),
                    .value("kms", "KEY", .text, "Wrap it with a key of AWS KMS: its id, ARN or alias/…"),
                ],
                exclusive: [["passphrase", "kms"]],
                examples: [
                    .init("slipway keys add", "Another key beside the first"),
                    .init("slipway keys add --kms alias/slipway", "One that opens only with AWS's consent"),
                ]
            ),
            CommandSpec(
                name: "rotate",
                summary: "Seal with the newest key, and wrap anew what older keys wrapped",
                discussion: """
                    Works beside running workers, in small steps: killed at any point, it goes on where it was when it is called again. States \
                    and secrets themselves are not encrypted again, only the keys of each.
                    """,
                options: [.value("to", "NAME", .name, "The key to seal with; the newest unless given")],
                examples: [.init("slipway keys rotate", "After 'slipway keys add'")]
            ),
            CommandSpec(
                name: "retire",
                summary: "Remove a key that nothing needs any more",
                discussion: "Refused while a row or a backup needs the key. What was sealed with it elsewhere can't be opened afterwards.",
                arguments: [ArgumentSpec(name: "NAME", summary: "The key, as 'slipway keys list' names it", kind: .name)],
                options: [yes],
                examples: [.init("slipway keys retire key-1f2e3d4c", "After a rotation")]
            ),
            CommandSpec(
                name: "ssh",
                summary: "Print an organization's public SSH key",
                discussion: """
                    An organization has a key pair of its own, 'default', which is made when it is first needed; registration puts its public \
                    part on every server. The private part is kept sealed and never shown. A Terraform configuration that declares the \
                    variable slipway_ssh_public_key gets the public key, for cloud-init or the cloud's own key resource.
                    """,
                arguments: [
                    ArgumentSpec(name: "NAME", summary: "Which key; 'default' unless given", kind: .name, isRequired: false)
                ],
                options: [
                    .flag("new", "Make it, if it isn't there"), .flag("list", "List the organization's keys"),
                    .flag("remove", "Forget it; refused while it opens a server"),
                ],
                exclusive: [["new", "list", "remove"]],
                examples: [
                    .init("slipway keys ssh", "The line for authorized_keys"),
                    .init("slipway keys ssh edge --new", "Another one, for 'slipway server register --ssh-key edge'"),
                ]
            ),
        ]
    )

    static let stateUnlock = CommandSpec(
        name: "unlock",
        summary: "End the lock of a project's state, whoever holds it",
        discussion: """
            For a holder that is gone for good. Locks of workers end by themselves a minute after their last sign of life. A holder that is \
            alive after all can't write any more once another has taken the lock. Who did this is kept in the audit log.
            """,
        options: [project, yes],
        examples: [.init("slipway state unlock --project shop", "Shows the holder, and asks")]
    )

    static let yes = OptionSpec.flag("yes", short: "y", "Don't ask")
}
