import FoundationEssentials
import Host
import TestKit
import Testing

@testable import Terraform

@Suite struct ProviderTests {
    private static let platform = "linux_amd64"

    private func stored(_ name: String, _ version: String, h1: String = "h1:x", hashes: [String] = []) throws -> StoredProvider {
        StoredProvider(
            address: try #require(ProviderAddress(source: name, flavor: .terraform)),
            version: try #require(TerraformVersion(version)),
            platform: Self.platform,
            h1: h1,
            hashes: hashes,
            files: []
        )
    }

    private func lock(_ name: String, _ version: String, _ hashes: [String] = []) throws -> DependencyLock {
        DependencyLock([
            .init(
                address: try #require(ProviderAddress(source: name, flavor: .terraform)),
                version: try #require(TerraformVersion(version)),
                hashes: hashes
            )
        ])
    }

    @Test func `a lock file is read and written as Terraform does it`() throws {
        let text = """
            # This file is maintained automatically by "terraform init".
            # Manual edits may be lost in future updates.

            provider "registry.terraform.io/hashicorp/aws" {
              version     = "5.100.0"
              constraints = "~> 5.0"
              hashes = [
                "h1:Ijt7pOlB7Tr7maGQIqtsLFbl7pSMIj06TVdkoSBcYOw=",
                "zh:054b8dd49f0549c9a7cc27d159e45327b7b65cf404da5e5a20da154b90b8a644",
              ]
            }

            provider "registry.terraform.io/hashicorp/random" {
              version = "3.6.0"
            }

            """
        let lock = try #require(DependencyLock(text))
        #expect(lock.selections.map(\.address.type) == ["aws", "random"])
        #expect(lock.selections[0].hashes.count == 2)
        #expect(lock.text == text)
        #expect(DependencyLock(lock.hashless.text)?.selections.allSatisfy(\.hashes.isEmpty) == true)
        #expect(DependencyLock("provider \"../../etc\" {\n version = \"1.0\"\n}") == nil)
    }

    @Test(arguments: [
        ("~> 5.0", "5.100.0", true), ("~> 5.0", "6.0.0", false), ("~> 5.1.2", "5.1.9", true), ("~> 5.1.2", "5.2.0", false),
        ("~> 5", "6.1.0", false), (">= 5.0, < 5.50", "5.49.0", true), (">= 5.0, < 5.50", "5.50.0", false), ("!= 5.3.1", "5.3.1", false),
        ("5.3", "5.3.0", true), ("= 5.3", "5.3.1", false), ("> 1.0", "1.0.0", false), ("<= 2.0.0", "2.0.0", true),
        (">= 1.0", "2.0.0-beta1", false), ("2.0.0-beta1", "2.0.0-beta1", true),
    ])
    func `a constraint allows what Terraform's does`(constraint: String, version: String, allowed: Bool) throws {
        let constraint = try #require(VersionConstraint(constraint))
        #expect(constraint.allows(try #require(TerraformVersion(version))) == allowed)
    }

    @Test func `versions are ordered as semantic versions`() throws {
        let sorted = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.2", "1.10.0"]
        #expect(try sorted.shuffled().map { try #require(TerraformVersion($0)) }.sorted().map(\.description) == sorted)
        #expect(TerraformVersion("1.2") == TerraformVersion("1.2.0"))
        for nonsense in ["", "x", "1..2", "1.-2", "v1.0", "1.2.3.4.5", "1.0-/../..", "1.0+\"", "1.0 "] {
            #expect(TerraformVersion(nonsense) == nil)
        }
    }

    @Test func `requirements are read from providers, resources and required_providers`() throws {
        var requirements = ProviderRequirements()
        requirements.add(
            HCLOutline(
                Array(
                    """
                    terraform {
                      required_providers {
                        aws = {
                          source  = "hashicorp/aws"
                          version = "~> 5.0"
                        }
                        hcloud = { source = "hetznercloud/hcloud", version = ">= 1.4" }
                        old = "1.0"
                        other = { source = "example.com/acme/other" }
                      }
                    }
                    resource "aws_s3_bucket" "b" {}
                    resource "random_id" "r" {}
                    resource "terraform_data" "t" {}
                    data "google_x" "y" { provider = google-beta }
                    """.utf8
                )
            )
        )
        let addresses = requirements.addresses(for: .terraform)
        #expect(
            Set(addresses.keys.map(\.description)) == [
                "registry.terraform.io/hashicorp/aws", "registry.terraform.io/hetznercloud/hcloud", "registry.terraform.io/hashicorp/old",
                "example.com/acme/other", "registry.terraform.io/hashicorp/random", "registry.terraform.io/hashicorp/google",
                "registry.terraform.io/hashicorp/google-beta",
            ]
        )
        let aws = try #require(ProviderAddress("registry.terraform.io/hashicorp/aws"))
        #expect(addresses[aws]?.count == 1)
        #expect(requirements.addresses(for: .opentofu).keys.contains { $0.host == "registry.opentofu.org" })
    }

    @Test func `only the modules that are called count`() throws {
        func needs(_ files: [String: String]) throws -> Set<String> {
            let source = try SourceFiles(files: files.mapValues { Array($0.utf8) })
            return Set(try SourceFacts(of: source).providers.addresses(for: .terraform).keys.map(\.type))
        }
        let files = [
            "main.tf": "module \"a\" {\n  source = \"./modules/a\"\n}\nresource \"root_x\" \"y\" {}\n",
            "modules/a/main.tf": "module \"b\" {\n  source = \"../b\"\n}\nresource \"first_x\" \"y\" {}\n",
            "modules/b/main.tf": "module \"a\" {\n  source = \"./../a/\"\n}\nresource \"second_x\" \"y\" {}\n",
            "examples/large/main.tf": "resource \"example_x\" \"y\" {}\n",
        ]
        #expect(try needs(files) == ["root", "first", "second"])
        #expect(try needs(files.merging(["more.tf.json": "{}"]) { own, _ in own }) == ["root", "first", "second", "example"])
    }

    @Test func `a run's CLI configuration offers the store before everything else, overrides for development excepted`() throws {
        let aws = try #require(ProviderAddress("registry.terraform.io/hashicorp/aws"))
        let own = try #require(ProviderAddress("example.com/acme/own"))
        func offering(_ text: String) -> String {
            CLIConfiguration(copying: text).offering([aws], in: "/slipway/providers", bundled: [own], bundle: "/bundle")
        }
        let implied = offering("credentials \"example.com\" {\n  token = \"x\"\n}\n")
        #expect(implied.contains("token = \"x\"") && implied.contains("include = [\"example.com/acme/own\"]"))
        #expect(implied.contains("exclude = [\"example.com/acme/own\"]"))
        let ours = "path    = \"/slipway/providers\"\n    include = [\"registry.terraform.io/hashicorp/aws\"]"
        let explicit = offering("provider_installation {\n  dev_overrides {\n    \"a/b\" = \"/x\"\n  }\n  direct {}\n}\n")
        let places = ["dev_overrides", ours, "direct"].map { part in explicit.firstRange(of: part)?.lowerBound }
        let found = places.compactMap { place in place }
        #expect(found.count == 3 && found == found.sorted(), "\(explicit)")
        #expect(!explicit.contains("/bundle"), "Terraform looks there only where it is told nothing else")
        // Nothing is done to what isn't understood.
        #expect(offering("{\"provider_installation\": [{}]}") == "{\"provider_installation\": [{}]}")
    }

    @Test func `of what is stored the newest that fits is chosen`() throws {
        let all = try [
            stored("aws", "4.67.0"), stored("aws", "5.100.0"), stored("aws", "5.9.0"), stored("aws", "6.0.0-beta1"),
            stored("random", "3.0.0"),
        ]
        let aws = try #require(ProviderAddress(source: "aws", flavor: .terraform))
        func chosen(_ constraint: String?) throws -> ProviderChoice {
            ProviderChoice.choose(
                own: nil,
                kept: nil,
                requirements: [aws: try constraint.map { [try #require(VersionConstraint($0))] } ?? []],
                stored: all
            )
        }
        #expect(try chosen(nil) == ProviderChoice(given: [all[1]]))
        #expect(try chosen("~> 4.0") == ProviderChoice(given: [all[0]]))
        let request = ProviderRequest(aws, [try #require(VersionConstraint("~> 7.0"))])
        let missing = ProviderChoice.Missing(why: "the store has no registry.terraform.io/hashicorp/aws that fits", request: request)
        #expect(try chosen("~> 7.0") == ProviderChoice(missing: [missing]))
    }

    @Test func `a lock of the configuration's own is obeyed to the hash, a kept one as long as it fits`() throws {
        let all = try [stored("aws", "5.100.0", h1: "h1:a", hashes: ["zh:a"]), stored("aws", "5.9.0", h1: "h1:b")]
        let aws = try #require(ProviderAddress(source: "aws", flavor: .terraform))
        func choose(own: DependencyLock? = nil, kept: DependencyLock? = nil, _ constraint: String? = nil) throws -> ProviderChoice {
            ProviderChoice.choose(
                own: own,
                kept: kept,
                requirements: [aws: try constraint.map { [try #require(VersionConstraint($0))] } ?? []],
                stored: all
            )
        }
        func these(_ providers: [StoredProvider]) -> ProviderChoice { ProviderChoice(given: providers) }
        #expect(try choose(own: lock("aws", "5.9.0", ["h1:b"])) == these([all[1]]))
        #expect(try choose(own: lock("aws", "5.100.0", ["h1:other-platform", "zh:a"])) == these([all[0]]))
        #expect(try choose(own: lock("aws", "5.9.0")) == these([all[1]]))
        // Other hashes than the registry's: nothing that the store could be filled with.
        let forged = try choose(own: lock("aws", "5.9.0", ["h1:forged"]))
        #expect(forged.given.isEmpty && forged.missing.map(\.request) == [nil])
        let unknown = ProviderRequest(aws, exactly: try #require(TerraformVersion("5.10.0")))
        #expect(try choose(own: lock("aws", "5.10.0")).missing.map(\.request) == [unknown])
        #expect(try choose(kept: lock("aws", "5.9.0", ["h1:b"])) == these([all[1]]))
        #expect(try choose(kept: lock("aws", "5.9.0", ["h1:b"]), ">= 5.50") == these([all[0]]))
        #expect(try choose(kept: lock("aws", "5.10.0")).missing.map(\.request) == [unknown])
        // What the lock does not name stands in a module that nobody calls.
        #expect(try choose(kept: lock("aws", "5.9.0", ["h1:b"]), ">= 7.0") == these([]))
        #expect(try choose(own: DependencyLock([])) == these([all[0]]))
    }

    @Test func `the hash is Go's dirhash`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileSystem.makeFolder("\(folder.path)/sub")
        try FileSystem.write(Array("hello\n".utf8), to: "\(folder.path)/b")
        try FileSystem.write([], to: "\(folder.path)/sub/a")
        // printf '%s  b\n%s  sub/a\n' $(printf 'hello\n' | sha256sum | cut -c-64) $(: | sha256sum | cut -c-64) | openssl dgst -sha256 -binary | base64
        #expect(try ProviderHash.h1(of: folder.path) == "h1:" + Self.expected)
    }

    private static let expected = "rol5RMvXCWbnvkDE0Q1nsNdK3lYbNWhUY4KZ8KCLlQ0="

    @Test func `the store is kept within its limit, the least recently used goes first, what is in use stays`() async throws {
        let folder = try TemporaryFolder()
        defer { try? FileSystem.removeTree(folder.path) }
        let store = try ProviderStore(folder: "\(folder.path)/store", byteLimit: 2500)
        func bring(_ name: String, _ version: String) async throws {
            let source = "\(folder.path)/mirror"
            let selection = try lock(name, version).selections[0]
            let path = "\(source)/\(StoredProvider.path(selection.address, selection.version, Self.platform))"
            try FileSystem.makeFolder(path)
            try FileSystem.write([UInt8](repeating: UInt8(version.count), count: 1000), to: "\(path)/provider")
            var full = selection
            full.hashes = [try ProviderHash.h1(of: path)]
            try await store.install(DependencyLock([full]), from: source, platform: Self.platform)
        }
        func names() -> [String] { store.providers(for: Self.platform).map(\.address.type).sorted() }
        try await bring("a", "1.0.0")
        try await bring("b", "1.0.0")
        #expect(names() == ["a", "b"])
        let a = try #require(store.providers(for: Self.platform).first { $0.address.type == "a" })
        let held = try #require(try store.use(a))
        try await bring("c", "1.0.0")
        #expect(names() == ["a", "c"], "a was used after b")
        // Even the oldest stays while it is in use.
        let c = try #require(store.providers(for: Self.platform).first { $0.address.type == "c" })
        try #require(try store.use(c)).release()
        try await bring("d", "1.0.0")
        #expect(names() == ["a", "d"])
        held.release()
    }

    @Test func `what does not match the lock file does not enter the store`() async throws {
        let folder = try TemporaryFolder()
        defer { try? FileSystem.removeTree(folder.path) }
        let store = try ProviderStore(folder: "\(folder.path)/store")
        let selection = try lock("a", "1.0.0", ["h1:something else"])
        let path =
            "\(folder.path)/mirror/\(StoredProvider.path(selection.selections[0].address, selection.selections[0].version, Self.platform))"
        try FileSystem.makeFolder(path)
        try FileSystem.write([1], to: "\(path)/provider")
        let error = await #expect(throws: TerraformError.self) {
            try await store.install(selection, from: "\(folder.path)/mirror", platform: Self.platform)
        }
        #expect(error?.reason == .providerDamaged("registry.terraform.io/hashicorp/a 1.0.0"))
        #expect(store.providers(for: Self.platform).isEmpty)
        #expect(try FileSystem.names(in: "\(store.folder)/.incoming").isEmpty)
    }

    @Test func `a user's CLI configuration is copied without its plugin cache, and its mirrors are found`() {
        let configuration = CLIConfiguration(
            copying: """
                plugin_cache_dir = "/x/cache"
                provider_installation {
                  filesystem_mirror {
                    path    = "/x/mirror"
                    include = ["*/*/*"]
                  }
                  direct {}
                }
                """
        )
        #expect(configuration.folders == ["/x/mirror"])
        #expect(!configuration.text.contains("plugin_cache_dir"))
        #expect(configuration.text.contains("filesystem_mirror"))
    }
}
