resource "aws_security_group" "web" {
  name        = "${var.name}-web"
  description = "HTTP and HTTPS from anywhere"

  dynamic "ingress" {
    for_each = [80, 443]
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "web" {
  ami                    = var.image
  instance_type          = var.instance_type
  vpc_security_group_ids = [aws_security_group.web.id]
  tags                   = { Name = "${var.name}-web" }
}

module "assets" {
  source       = "./modules/assets"
  name         = var.name
  bucket_count = var.bucket_count
}
