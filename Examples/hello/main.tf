# A stack that needs no cloud and no provider to download: every resource is Terraform's own, and pretends to take a while.

terraform {
  required_version = ">= 1.6"
}

variable "greeting" {
  type        = string
  default     = "Hello"
  description = "What the site says."
}

variable "workers" {
  type        = number
  default     = 3
  description = "How many workers there are."

  validation {
    condition     = var.workers >= 1 && var.workers <= 20
    error_message = "Choose 1 to 20 workers."
  }
}

resource "terraform_data" "network" {
  input = "10.0.0.0/16"

  provisioner "local-exec" {
    command = "sleep 1; echo network is up"
  }
}

resource "terraform_data" "database" {
  input = {
    network  = terraform_data.network.output
    password = "correct-horse-battery-staple"
  }

  provisioner "local-exec" {
    command = "sleep 2; echo database answers"
  }
}

resource "terraform_data" "worker" {
  count = var.workers
  input = "worker-${count.index + 1} in ${terraform_data.network.output}"

  provisioner "local-exec" {
    command = "sleep ${1 + count.index % 2}; echo worker ${count.index + 1} is ready"
  }
}

resource "terraform_data" "site" {
  input      = "${var.greeting} from ${var.workers} workers"
  depends_on = [terraform_data.database, terraform_data.worker]
}

output "message" {
  value       = terraform_data.site.output
  description = "What the site says."
}

output "workers" {
  value = terraform_data.worker[*].output
}

output "database_password" {
  value     = terraform_data.database.output.password
  sensitive = true
}
