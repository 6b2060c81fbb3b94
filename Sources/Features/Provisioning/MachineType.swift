/// Resource types that are machines, and the clouds that have them.
enum MachineType {
    /// By Terraform's type; the names are those that people call the clouds by.
    private static let providers: [String: String] = [
        "aws_instance": "aws", "aws_spot_instance_request": "aws", "aws_lightsail_instance": "aws", "google_compute_instance": "gcp",
        "azurerm_linux_virtual_machine": "azure", "azurerm_windows_virtual_machine": "azure", "azurerm_virtual_machine": "azure",
        "digitalocean_droplet": "digitalocean", "hcloud_server": "hetzner", "linode_instance": "linode", "vultr_instance": "vultr",
        "openstack_compute_instance_v2": "openstack", "scaleway_instance_server": "scaleway", "upcloud_server": "upcloud",
    ]
    private static let clouds = [
        "aws": "aws", "google": "gcp", "azurerm": "azure", "digitalocean": "digitalocean", "hcloud": "hetzner", "linode": "linode",
        "vultr": "vultr", "openstack": "openstack", "scaleway": "scaleway", "upcloud": "upcloud",
    ]

    static func isMachine(_ type: String) -> Bool { providers[type] != nil }

    /// The cloud of the first machine among resources, else of the first resource that is any cloud's; nil when none is.
    static func provider(of addresses: [String]) -> String? {
        let types = addresses.map(UsageStore.type)
        if let machine = types.lazy.compactMap({ providers[$0] }).first { return machine }
        return types.lazy.compactMap { type in clouds[String(type.prefix { $0 != "_" })] }.first
    }
}
