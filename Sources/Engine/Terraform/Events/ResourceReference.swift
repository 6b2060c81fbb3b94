/// A resource instance as Terraform's events name it.
package struct ResourceReference: Sendable, Hashable {
    /// `module.web["a"].aws_instance.box[0]`; unique in a configuration.
    package var address: String
    /// `module.web["a"]`, empty in the root module.
    package var module: String
    /// The resource type: `aws_instance`.
    package var type: String
    /// The name in the configuration: `box`.
    package var name: String
    /// `aws`: the provider as the type's prefix implies it.
    package var provider: String

    package init(address: String, module: String = "", type: String = "", name: String = "", provider: String = "") {
        self.address = address
        self.module = module
        self.type = type
        self.name = name
        self.provider = provider
    }
}
