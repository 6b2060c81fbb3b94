variable "name" {
  type = string
}

variable "bucket_count" {
  type = number
}

resource "aws_s3_bucket" "assets" {
  count         = var.bucket_count
  bucket        = "${var.name}-assets-${count.index + 1}"
  force_destroy = true
}

output "names" {
  value = aws_s3_bucket.assets[*].bucket
}
