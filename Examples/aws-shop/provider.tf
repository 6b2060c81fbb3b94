# Credentials come from the environment (AWS_ACCESS_KEY_ID …). A simulated AWS is named by AWS_ENDPOINT_URL, and does not
# answer the questions about the account that the provider asks first.
provider "aws" {
  region                      = var.region
  skip_credentials_validation = var.simulated
  skip_metadata_api_check     = var.simulated
  skip_requesting_account_id  = var.simulated
  s3_use_path_style           = var.simulated

  default_tags {
    tags = { Project = var.name }
  }
}
