# Servers without a cloud: machines that `slipway local-cloud` makes on this one. Terraform's builtin provider is all it needs.

terraform {
  required_version = ">= 1.6"
}

variable "local_cloud" {
  type        = string
  default     = ""
  sensitive   = true
  description = "What `slipway local-cloud` prints for TF_VAR_local_cloud: its address, with the token."
}

variable "servers" {
  type        = number
  default     = 1
  description = "How many machines."

  validation {
    condition     = var.servers >= 0 && var.servers <= 50
    error_message = "Choose 0 to 50 servers."
  }
}

variable "slipway_ssh_public_key" {
  type        = string
  default     = ""
  description = "Who may log in: the organization's public key, which Slipway fills in by itself."
}

locals {
  # A destroy needs no token: whoever knows a machine's id may end it. So none is kept in the state.
  address = replace(nonsensitive(var.local_cloud), "/[0-9a-f]+@/", "")
}

resource "terraform_data" "machine" {
  count = var.servers
  input = {
    name    = "server-${count.index + 1}"
    address = local.address
  }

  lifecycle {
    # Not asked for when all this is destroyed, as a validation of the variable would be.
    precondition {
      condition     = can(regex("^http://[0-9a-f]+@[^@/]+:[0-9]+$", var.local_cloud))
      error_message = "Start `slipway local-cloud`, and export TF_VAR_local_cloud as it says."
    }
  }

  provisioner "local-exec" {
    command = "bash \"$MODULE/machine.sh\" make"
    environment = {
      MODULE      = path.module
      LOCAL_CLOUD = nonsensitive(var.local_cloud)
      REQUEST     = jsonencode({ id = self.id, name = self.input.name, ssh_public_key = var.slipway_ssh_public_key })
    }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "bash \"$MODULE/machine.sh\" end"
    environment = {
      MODULE      = path.module
      LOCAL_CLOUD = self.output.address
      ID          = self.id
    }
  }
}

# What the local cloud knows of each machine; it says so in the form of a state, which Terraform can read without a provider.
data "terraform_remote_state" "machine" {
  count   = var.servers
  backend = "http"

  config = {
    address   = "${terraform_data.machine[count.index].output.address}/machines/${terraform_data.machine[count.index].id}/state"
    retry_max = 1
  }
}

locals {
  machines = data.terraform_remote_state.machine[*].outputs
}

check "machines_run" {
  assert {
    condition     = alltrue([for machine in local.machines : machine.status == "running"])
    error_message = "Some machines have ended with the local cloud that made them: destroy this project, and deploy it again."
  }
}

output "server_ips" {
  value = [for machine in local.machines : machine.ip]
}

output "ssh_ports" {
  value = [for machine in local.machines : machine.port]
}

output "ssh_user" {
  value = try(local.machines[0].user, "")
}

output "instance_ids" {
  value = [for machine in local.machines : machine.id]
}

output "hostnames" {
  value = [for machine in local.machines : machine.name]
}

output "ssh_host_keys" {
  value       = [for machine in local.machines : machine.host_key]
  description = "So that nobody has to be believed on first use."
}

output "provider" {
  value       = "local"
  description = "Machines of this computer: registration asks nothing of them beyond it."
}
