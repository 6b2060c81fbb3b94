output "server_ip" {
  value       = aws_instance.web.public_ip
  description = "Where the shop answers."
}

output "buckets" {
  value = module.assets.names
}
