@testable import Terraform

extension FuzzTarget {
    private static let configurations: [String] = [
        """
        terraform {
          required_version = ">= 1.5"
          required_providers {
            aws = { source = "hashicorp/aws", version = "~> 5.0, != 5.3.1" }
            old = "~> 2.0"
          }
          backend "s3" { bucket = "b" }
        }
        variable "password" {
          type      = string
          sensitive = true
          default   = "x${"${"y"}"}"
        }
        variable "list" { type = list(object({ a = string })) }
        resource "aws_instance" "web" {
          for_each = { "a b" = 1, c = 2 }
          provider = aws.other
          user_data = <<-EOT
            #!/bin/sh
            echo "${each.key}" # { not a block
          EOT
          lifecycle { ignore_changes = [tags] }
        }
        # comment { } "
        // another
        /* a block { comment */
        data "google_project" "p" {}
        module "m" { source = "./m" }
        output "x" { value = a == b ? [for k, v in x : k => v] : (1) }
        """,
        """
        locals {
          shown = nonsensitive(var.password)
          deep  = local.shown
          text  = "a ${nonsensitive(local.deep)} b %{if true}${var.y}%{endif} $${no}"
        }
        output "a" { value = local.deep }
        output "b" {
          value     = nonsensitive("${var.a}-${local.text}")
          sensitive = false
        }
        """,
    ]

    private static let codeWords = [
        "<<EOT\n", "<<-EOT\n", "EOT\n", "EOT", "\"${", "}\"", "nonsensitive(", "local.", "var.", "variable \"x\" {", "locals {", "/*", "*/",
        "# ",
        "=", "==", "=>", "terraform {", "required_providers {", "sensitive = true",
    ]

    /// Terraform's language, as far as it is read.
    static let configuration = FuzzTarget(
        "configuration",
        corpus: configurations.map { Array($0.utf8) },
        words: codeWords
    ) { input in
        var tokens = HCLTokens(input)
        var count = 0
        while tokens.next() != nil { count += 1 }
        try Finding.unless(count <= input.count, "more tokens than bytes")
        _ = ConfigurationScan(rootFiles: [("main.tf", input), ("x.tf.json", input)]).sensitiveVariables
        _ = HCLOutline(input).inside("terraform")
        let files = ["main.tf": input, "x.tf.json": input, ".terraform.lock.hcl": input]
        guard let facts = try await attempt({ try SourceFacts(of: try SourceFiles(files: files)) }) else { return }
        _ = facts.providers.addresses(for: .terraform)
    }

    private static func chain(of count: Int) -> [UInt8] {
        let locals = (0..<count).map { "l\($0) = local.l\($0 + 1)\n" }.joined()
        return Array("locals {\n\(locals)}\noutput \"a\" { value = local.l0 }\noutput \"b\" { value = nonsensitive(local.l0) }\n".utf8)
    }

    /// What outputs show on purpose, through locals that name each other.
    static let disclosures = FuzzTarget(
        "disclosures",
        corpus: configurations.map { Array($0.utf8) } + [chain(of: 20), chain(of: 8000)],
        words: codeWords + ["local.l0", "nonsensitive(local.l0)"]
    ) { input in
        guard let source = try await attempt({ try SourceFiles(files: ["main.tf": input]) }),
            let facts = try await attempt({ try SourceFacts(of: source) })
        else { return }
        var effort = Disclosures.effort
        for name in ["a", "b", "x"] { _ = facts.disclosures.disclosure(of: name, effort: &effort) }
    }

    /// Files of variables.
    static let variables = FuzzTarget(
        "variables",
        corpus: [
            "a = \"x\"\nb = [\"y\", \"z\\u00e9\\U0001F600\"]\nc = { d = \"$${e}\" }\nf = <<EOT\ntext\nEOT\n",
            #"{"a":"x","b":["y",{"c":"z"}],"d":1}"#,
        ].map { Array($0.utf8) },
        words: codeWords
    ) { input in
        _ = VariableFile.texts(in: input, isJSON: false)
        _ = VariableFile.texts(in: input, isJSON: true)
    }

    /// Lock files, what versions will do, and the user's CLI configuration.
    static let lock = FuzzTarget(
        "lock",
        corpus: [
            """
            # This file is maintained automatically by "terraform init".
            provider "registry.terraform.io/hashicorp/aws" {
              version     = "5.94.1"
              constraints = "~> 5.0"
              hashes = [
                "h1:dYdnGlaCJONFyGk/t3Y4iJzQ8EiJr2DaDdZ/2JV5PZU=",
                "zh:14fb41e50219660d5f02b977e6f786d8ce78766cce8c2f6b8131411b087ae945",
              ]
            }
            """,
            """
            plugin_cache_dir = "$HOME/x"
            provider_installation {
              dev_overrides { "hashicorp/null" = "/x" }
              filesystem_mirror {
                path    = "/usr/share/terraform/providers"
                include = ["example.com/*/*"]
              }
              direct { exclude = ["example.com/*/*"] }
            }
            """,
            "~> 5.0, != 5.3.1, >= 1.2.3-beta.1+build",
        ].map { Array($0.utf8) },
        words: ["provider \"", "version = ", "hashes = [", "provider_installation {", "dev_overrides {", "~>", ">=", "1.2.3", "-beta", "}"]
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        if let lock = DependencyLock(text) {
            let again = DependencyLock(lock.text)
            try Finding.unless(again?.selections.count == lock.selections.count, "a lock comes back as another")
            _ = lock.hashless.text
        }
        if let constraint = VersionConstraint(text), let version = TerraformVersion("5.3.1") {
            _ = constraint.allows(version)
            try Finding.unless(VersionConstraint(constraint.description) == constraint, "a constraint comes back as another")
        }
        if let version = TerraformVersion(text) {
            try Finding.unless(version == version && !(version < version), "a version differs from itself")
        }
        let configuration = CLIConfiguration(copying: text)
        let address = ProviderAddress(host: "example.com", namespace: "acme", type: "other")
        _ = configuration.offering([address], in: "/mirror", bundled: [address], bundle: "/bundle")
    }

    /// What is left out of a source.
    static let ignoreRules = FuzzTarget(
        "ignore",
        corpus: ["# x\n*.log\n!keep.log\n/build/\nmodules/**/test[a-z0-9]?\n**/x\\*\n", "**/a/**/b/**/c\n"].map { Array($0.utf8) },
        words: ["**/", "*", "?", "[a-z]", "[!a]", "!", "\\", "/"],
        largest: 16 << 10
    ) { input in
        let rules = IgnoreRules(String(decoding: input, as: UTF8.self))
        for path in ["a/b/c/d/e/f/g/h/i/j/k/l/m/n", "main.tf", "modules/x/y/test1a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.log"] {
            _ = rules.leavesOut(path, isFolder: false)
            _ = rules.leavesOut(path, isFolder: true)
        }
    }
}
