/// One resource of a made state, with the attributes that its provider gives it.
struct MadeResource {
    private var type: String
    private var name: String
    private var provider = "hashicorp/aws"
    /// Lines of JSON, indented as deep as `attributes` is.
    private var attributes: [String]
    private var userData = ""

    init(number: Int, isChanged: Bool, random: inout MadeState.Steps) {
        let id = random.hex(17)
        name = "item_\(number)"
        switch number % 5 {
        case 0, 1:
            type = "aws_instance"
            attributes = Self.instance(id, number, &random)
        case 2:
            type = "aws_security_group"
            attributes = Self.securityGroup(id, number, &random)
        case 3:
            type = "aws_s3_bucket"
            attributes = Self.bucket(id, number, &random)
        default:
            type = "tls_private_key"
            provider = "hashicorp/tls"
            attributes = Self.key(&random)
        }
        attributes.append(#""tags": { "Name": "\#(name)", "Revision": "\#(isChanged ? "b" : "a")", "Team": "platform" }"#)
    }

    /// Adds a script, as `user_data` has it, until the resource has so many bytes.
    mutating func fill(to size: Int, random: inout MadeState.Steps) {
        let missing = size - text.utf8.count
        var script = "#!/bin/bash\\n"
        while script.utf8.count < missing {
            script += "echo \\\"step \(random.hex(6))\\\" >> /var/log/setup.log && systemctl restart agent-\(random.hex(4)).service\\n"
        }
        // Not within an escape.
        while script.utf8.count > max(missing, 13) { script.removeLast() }
        if script.hasSuffix("\\") { script.removeLast() }
        userData = script
    }

    var text: String {
        let lines = attributes + [#""user_data": "\#(userData)""#]
        return """
                {
                  "mode": "managed",
                  "type": "\(type)",
                  "name": "\(name)",
                  "provider": "provider[\\"registry.terraform.io/\(provider)\\"]",
                  "instances": [
                    {
                      "schema_version": 1,
                      "attributes": {
                        \(lines.joined(separator: ",\n            "))
                      },
                      "sensitive_attributes": [],
                      "private": "eyJlMmJmYjczMC1lY2FhLTExZTYtOGY4OC0zNDM2M2JjN2M0YzAiOnsiY3JlYXRlIjo2MDAwMDAwMDAwMDAsImRlbGV0ZSI6MTIwMDAwMDAwMDAwMH19",
                      "dependencies": [
                        "aws_subnet.private",
                        "aws_vpc.main"
                      ]
                    }
                  ]
                }
            """
    }

    // MARK: - Kinds

    private static func instance(_ id: String, _ number: Int, _ random: inout MadeState.Steps) -> [String] {
        let address = "10.\(random.next() % 256).\(random.next() % 256).\(random.next() % 256)"
        let dashed = address.split(separator: ".").joined(separator: "-")
        var lines = [
            #""ami": "ami-\#(random.hex(17))""#, #""arn": "arn:aws:ec2:eu-central-1:123456789012:instance/i-\#(id)""#,
            #""id": "i-\#(id)""#, #""private_ip": "\#(address)""#, #""private_dns": "ip-\#(dashed).eu-central-1.compute.internal""#,
            #""public_dns": "ec2-\#(dashed).eu-central-1.compute.amazonaws.com""#, #""primary_network_interface_id": "eni-\#(random.hex(17))""#,
            #""subnet_id": "subnet-\#(random.hex(17))""#, #""instance_type": "t3.medium""#, #""availability_zone": "eu-central-1a""#,
            #""key_name": "deploy""#, #""tenancy": "default""#, #""cpu_core_count": 1"#, #""cpu_threads_per_core": 2"#,
            #""credit_specification": [\#n              {\#n                "cpu_credits": "unlimited"\#n              }\#n            ]"#,
            #""vpc_security_group_ids": [\#n              "sg-\#(random.hex(17))",\#n              "sg-\#(random.hex(17))"\#n            ]"#,
        ]
        lines += ["associate_public_ip_address", "monitoring", "ebs_optimized", "get_password_data", "hibernation", "source_dest_check"].map {
            #""\#($0)": \#(random.next() % 2 == 0)"#
        }
        lines += ["timeouts", "host_id", "placement_group", "volume_tags", "network_interface", "launch_template", "iam_instance_profile"].map {
            #""\#($0)": null"#
        }
        for device in ["root_block_device", "ebs_block_device", "ephemeral_block_device"] {
            lines.append(
                """
                "\(device)": [
                              {
                                "delete_on_termination": true,
                                "device_name": "/dev/xvd\(device.first ?? "a")",
                                "encrypted": true,
                                "iops": 3000,
                                "kms_key_id": "arn:aws:kms:eu-central-1:123456789012:key/\(random.hex(8))-\(random.hex(4))-\(random.hex(12))",
                                "tags": {},
                                "throughput": 125,
                                "volume_id": "vol-\(random.hex(17))",
                                "volume_size": \(8 + number % 100),
                                "volume_type": "gp3"
                              }
                            ]
                """
            )
        }
        return lines
    }

    private static func securityGroup(_ id: String, _ number: Int, _ random: inout MadeState.Steps) -> [String] {
        let rules = (0..<8).map { rule in
            """
                          {
                            "cidr_blocks": [
                              "10.\(random.next() % 256).0.0/16"
                            ],
                            "description": "Rule \(rule) of group \(number)",
                            "from_port": \(random.next() % 65536),
                            "ipv6_cidr_blocks": [],
                            "prefix_list_ids": [],
                            "protocol": "tcp",
                            "security_groups": [
                              "sg-\(random.hex(17))"
                            ],
                            "self": false,
                            "to_port": \(random.next() % 65536)
                          }
            """
        }
        return [
            #""arn": "arn:aws:ec2:eu-central-1:123456789012:security-group/sg-\#(id)""#, #""id": "sg-\#(id)""#,
            #""description": "Übergang \#(number) – für alle""#, #""vpc_id": "vpc-\#(random.hex(17))""#, #""name_prefix": """#,
            "\"ingress\": [\n\(rules.joined(separator: ",\n"))\n            ]",
        ]
    }

    private static func bucket(_ id: String, _ number: Int, _ random: inout MadeState.Steps) -> [String] {
        let statements = (0..<6).map { statement in
            #"{\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::\#(random.next() % 1_000_000_000_000):role/reader-\#(statement)\"},\"Resource\":\"arn:aws:s3:::bucket-\#(id)/*\",\"Sid\":\"\#(random.hex(12))\"}"#
        }
        return [
            #""arn": "arn:aws:s3:::bucket-\#(id)""#, #""id": "bucket-\#(id)""#, #""bucket": "bucket-\#(id)""#,
            #""bucket_domain_name": "bucket-\#(id).s3.amazonaws.com""#, #""hosted_zone_id": "Z21DNDUVLTQW6Q""#,
            #""bucket_regional_domain_name": "bucket-\#(id).s3.eu-central-1.amazonaws.com""#, #""force_destroy": false"#,
            #""policy": "{\"Statement\":[\#(statements.joined(separator: ","))],\"Version\":\"2012-10-17\"}""#,
            #""grant": [], "logging": [], "replication_configuration": [], "website": [], "object_lock_enabled": false"#,
        ]
    }

    private static func key(_ random: inout MadeState.Steps) -> [String] {
        func pem(_ kind: String, _ lines: Int, _ random: inout MadeState.Steps) -> String {
            let body = (0..<lines).map { _ in random.base64(64) + "\\n" }.joined()
            return "-----BEGIN \(kind) KEY-----\\n\(body)-----END \(kind) KEY-----\\n"
        }
        return [
            #""algorithm": "RSA""#, #""rsa_bits": 2048"#, #""ecdsa_curve": "P224""#, #""id": "\#(random.hex(40))""#,
            #""private_key_pem": "\#(pem("RSA PRIVATE", 25, &random))""#, #""public_key_pem": "\#(pem("PUBLIC", 7, &random))""#,
            #""public_key_fingerprint_sha256": "SHA256:\#(random.base64(43))""#,
        ]
    }
}
