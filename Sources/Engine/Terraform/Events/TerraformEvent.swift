package import Domain

/// What one line of Terraform's `-json` output says.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/internals/machine-readable-ui>
package enum TerraformEvent: Sendable, Hashable {
    case version(program: String)
    case plannedChange(PlannedChange)
    case resourceDrift(PlannedChange)
    case changeSummary(ChangeSummary, operation: String)
    case applyStart(ResourceReference, ChangeAction, id: String?)
    /// Every 10 seconds while a resource is being worked on.
    case applyProgress(ResourceReference, ChangeAction, elapsed: Duration)
    case applyComplete(ResourceReference, ChangeAction, id: String?, elapsed: Duration)
    case applyErrored(ResourceReference, ChangeAction, elapsed: Duration)
    case provisionStart(ResourceReference, provisioner: String)
    case provisionProgress(ResourceReference, provisioner: String, output: String)
    case provisionComplete(ResourceReference, provisioner: String)
    case provisionErrored(ResourceReference, provisioner: String)
    case refreshStart(ResourceReference, id: String?)
    case refreshComplete(ResourceReference, id: String?)
    /// Twice: as planned (without values), and as applied.
    case outputs([OutputChange])
    case diagnostic(Diagnostic)
    /// A step of `init`, with Terraform's name for the message.
    case initOutput(code: String)
    case log
    /// A line that is no JSON: a crash, a local-exec of someone's, a warning about the CLI configuration.
    case plainText
    /// A type this version doesn't know, with the masked JSON.
    case unknown(type: String, raw: String)
}

/// A change that Terraform plans, or found to have happened outside of it.
package struct PlannedChange: Sendable, Hashable {
    package var resource: ResourceReference
    package var action: ChangeAction
    /// `tainted`, `cannot_update`, `requested`, …: Terraform's word for why it is replaced, read or deleted.
    package var reason: String?
    /// Where it was, when it moved.
    package var previousAddress: String?
    /// It is imported, with this id where Terraform says it.
    package var importID: String?

    package init(
        resource: ResourceReference,
        action: ChangeAction,
        reason: String? = nil,
        previousAddress: String? = nil,
        importID: String? = nil
    ) {
        self.resource = resource
        self.action = action
        self.reason = reason
        self.previousAddress = previousAddress
        self.importID = importID
    }
}

/// An output of the root module.
package struct OutputChange: Sendable, Hashable {
    package var name: String
    package var isSensitive: Bool
    /// Terraform's type in JSON: `"string"`, `["list","number"]`.
    package var type: JSONValue?
    /// Nil when it is sensitive, or only planned.
    package var value: JSONValue?
    /// Planned: what happens to it.
    package var action: ChangeAction?

    package init(name: String, isSensitive: Bool, type: JSONValue? = nil, value: JSONValue? = nil, action: ChangeAction? = nil) {
        self.name = name
        self.isSensitive = isSensitive
        self.type = type
        self.value = value
        self.action = action
    }
}
