# Five S3 buckets: the whole-deploy benchmark.

terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "prefix" {
  type        = string
  default     = "slipway-bench"
  description = "Begins every bucket's name; bucket names are unique in all of AWS."
}

variable "simulated" {
  type        = bool
  default     = false
  description = "AWS_ENDPOINT_URL names a simulated AWS, such as moto."
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = var.simulated
  skip_metadata_api_check     = var.simulated
  skip_requesting_account_id  = var.simulated
  s3_use_path_style           = var.simulated
}

resource "aws_s3_bucket" "bench" {
  count         = 5
  bucket        = "${var.prefix}-${count.index + 1}"
  force_destroy = true
}

output "buckets" {
  value = aws_s3_bucket.bench[*].bucket
}
