variable "name" {
  type        = string
  default     = "slipway-shop"
  description = "Begins the name of everything; bucket names are unique in all of AWS."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "Use 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "image" {
  type        = string
  default     = "ami-12c6146b"
  description = "The instance's image in that region; the default is one that moto knows."
}

variable "instance_type" {
  type    = string
  default = "t3.micro"
}

variable "bucket_count" {
  type        = number
  default     = 2
  description = "How many buckets hold the shop's assets."
}

variable "simulated" {
  type        = bool
  default     = false
  description = "AWS_ENDPOINT_URL names a simulated AWS, such as moto."
}
