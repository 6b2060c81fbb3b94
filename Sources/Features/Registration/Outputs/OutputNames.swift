/// The names that people give to outputs about machines, lower case, with `_` for `-`; of several the first is taken.
enum OutputNames {
    /// Lists and maps of objects, and objects.
    static let records = both(["server", "instance", "machine", "node", "host", "vm", "droplet", "virtual_machine"])

    static let addresses = both([
        "server_ip", "instance_ip", "public_ip", "public_ipv4", "ipv4_address", "ip_address", "server_address", "public_ip_address",
        "public_address", "server_public_ip", "instance_public_ip", "external_ip", "nat_ip", "elastic_ip", "floating_ip", "vm_ip",
        "droplet_ip", "machine_ip", "node_ip", "ssh_host", "host_ip", "server_host", "public_dns", "public_ipv6", "ipv6_address",
    ])
    /// Where there is no other: machines that are reached over a private network.
    static let privateAddresses = both([
        "private_ip", "private_ipv4", "private_ip_address", "private_address", "internal_ip", "private_dns",
    ])

    static let instanceIDs = both([
        "instance_id", "server_id", "resource_id", "droplet_id", "vm_id", "machine_id", "node_id", "virtual_machine_id",
    ])
    static let names = both(["server_name", "instance_name", "machine_name", "node_name", "vm_name", "droplet_name"])
    static let hostnames = both(["hostname", "host_name", "fqdn", "server_hostname"])
    static let ports = both(["ssh_port", "server_port"])
    static let users = both(["ssh_user", "ssh_username", "server_user", "admin_username", "admin_user", "default_user", "login_user"])
    static let hostKeys = both(["ssh_host_key", "host_key", "ssh_host_public_key", "host_public_key", "server_host_key"])
    static let providers = ["provider", "cloud_provider"]
    static let regions = ["region", "location", "zone", "availability_zone", "regions", "locations", "zones", "availability_zones"]

    /// What the members of one machine's object may be called besides.
    enum Member {
        static let addresses = ["ip", "address", "ipv4", "host", "ipv6"]
        static let instanceIDs = ["id"]
        static let names = ["name"]
        static let ports = ["port"]
        static let users = ["user", "username"]
    }

    /// `lb_public_ip` is no machine's.
    static let foreignPrefixes: Set<String> = [
        "lb", "alb", "nlb", "elb", "load_balancer", "loadbalancer", "nat", "nat_gateway", "gateway", "vpn", "dns", "private", "internal",
        "cluster", "ingress", "cdn", "firewall", "router", "vpc", "subnet", "network", "allowed", "source", "reserved",
    ]

    /// Plural first: who gives both means all of them.
    private static func both(_ names: [String]) -> [String] {
        names.flatMap {
            [$0.hasSuffix("s") ? "\($0)es" : $0.hasSuffix("y") && !$0.hasSuffix("key") ? "\($0.dropLast())ies" : "\($0)s", $0]
        }
    }

    static func normalized(_ name: String) -> String { name.lowercased().replacing("-", with: "_") }
}
