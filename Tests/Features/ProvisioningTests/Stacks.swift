/// Configurations that the tests deploy, with Terraform's builtin provider only.
enum Stacks {
    /// `count` resources without a provisioner, and an output of each kind.
    static func plain(_ count: Int = 3, secret: String = "s3cr3t-of-the-plain-stack") -> String {
        """
        resource "terraform_data" "thing" {
          count = \(count)
          input = "thing-${count.index}"
        }
        resource "terraform_data" "secret" {
          input = "\(secret)"
        }
        output "names" { value = terraform_data.thing[*].output }
        output "count" { value = \(count) }
        output "ready" { value = true }
        output "nested" { value = { list = [1, 2.5], text = "a \\"quoted\\" <word>" } }
        output "password" {
          value     = terraform_data.secret.output
          sensitive = true
        }
        """
    }

    /// One resource that is done at once, then one that says `slow begins` and takes very long, then one that never has its turn.
    static let slow = """
        resource "terraform_data" "quick" {
          input = "done"
          provisioner "local-exec" { command = "echo quick is done" }
        }
        resource "terraform_data" "slow" {
          input = terraform_data.quick.output
          provisioner "local-exec" { command = "echo slow begins; exec sleep 600" }
        }
        resource "terraform_data" "never" {
          input = terraform_data.slow.output
        }
        """

    /// One resource that is done, and one that fails.
    static func failing(message: String = "the disk caught fire") -> String {
        """
        resource "terraform_data" "fine" {
          input = "fine"
        }
        resource "terraform_data" "broken" {
          input = terraform_data.fine.output
          provisioner "local-exec" { command = "echo \(message) >&2; exit 7" }
        }
        """
    }
}
