import Terraform
import Testing

@Suite struct ConfigurationScanTests {
    private func scan(_ text: String, name: String = "main.tf") -> ConfigurationScan {
        ConfigurationScan(rootFiles: [(name, Array(text.utf8))])
    }

    @Test func `variables are found with default and sensitivity`() {
        let found = scan(
            """
            variable "a" {}
            variable "b" { default = "x" }
            variable "password" {
              type      = string # sensitive = false
              sensitive = true
            }
            """
        )
        #expect(found.variables["a"]?.isSensitive == false)
        #expect(found.variables["a"]?.hasDefault == false)
        #expect(found.variables["b"]?.hasDefault == true)
        #expect(found.variables["password"]?.isSensitive == true)
        #expect(found.sensitiveVariables == ["password"])
    }

    @Test func `comments strings and heredocs hide nothing and invent nothing`() {
        let found = scan(
            """
            # variable "no" {}
            /* variable "no2" {} */
            locals { text = "}variable \\"no3\\" {${lookup({a = "}"}, "a")}" }
            locals { doc = <<-EOT
              variable "no4" {
              EOT
            }
            variable "yes" {}
            """
        )
        #expect(Array(found.variables.keys) == ["yes"])
    }

    @Test(.timeLimit(.minutes(1))) func `very many providers take as long as each of them`() {
        let code = (0..<200_000).map { "provider \"p\($0)\" {}\n" }.joined()
        #expect(ConfigurationScan(rootFiles: [("main.tf", Array(code.utf8))]).providers.count == 200_000)
    }

    @Test func `providers come from resources data and provider blocks`() {
        let found = scan(
            """
            resource "aws_s3_bucket" "a" {}
            data "aws_region" "r" {}
            provider "digitalocean" {}
            resource "terraform_data" "t" {}
            """
        )
        #expect(found.providers == ["aws", "digitalocean"])
    }

    @Test func `JSON files are said to be unscanned`() {
        #expect(scan("{}", name: "main.tf.json").hasJSON)
        #expect(scan("variable \"a\" {", name: "main.tf").variables["a"] != nil)
    }
}
