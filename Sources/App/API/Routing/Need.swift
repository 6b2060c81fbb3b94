import Access
import Domain
import Jobs
import Provisioning
import Storage

/// What a route demands of whoever calls it, as data: the description shows it, and a test walks over it.
enum Requirement: Sendable, Hashable, CustomStringConvertible {
    case nothing
    /// Anyone who is known.
    case login
    /// In the organization that the request is about.
    case permission(Permission)
    /// The whole installation.
    case administration

    var description: String {
        switch self {
        case .nothing: "nothing"
        case .login: "a token or a session"
        case .permission(let permission): "the permission '\(permission.rawValue)' in the organization"
        case .administration: "an administrator"
        }
    }
}

/// What a route needs, and what its handler gets for it: a handler comes by its deployment or job in no other way.
struct Need<Subject: Sendable>: Sendable {
    let requirement: Requirement
    /// Parameters of the query that finding the subject takes.
    let query: [QueryParameter]
    /// Finds what the request is about, and checks the caller's right to it.
    let resolve: @Sendable (Call) async throws -> Subject
}

extension Need where Subject == Void {
    static let nothing = Need(requirement: .nothing, query: []) { _ in }
    static let login = Need(requirement: .login, query: []) { _ in }
    static let administration = Need(requirement: .administration, query: []) { call in
        guard try call.principal.allowsAdministration else {
            throw Problem.forbidden("Only an administrator may do this.")
        }
    }
}

extension Need where Subject == WorkingOrganization {
    /// The organization that the request names, or the caller's own.
    static func organization(_ permission: Permission) -> Need {
        Need(requirement: .permission(permission), query: [.organization]) { call in
            try await call.organization(named: call.namedOrganization, allowing: permission)
        }
    }

    /// The organization in the path.
    static func organizationInPath(_ permission: Permission) -> Need {
        Need(requirement: .permission(permission), query: []) { call in
            try await call.organization(named: call.parameter("organization"), allowing: permission)
        }
    }
}

extension Need where Subject == WorkingOrganization? {
    /// As ``organization(_:)``; nil for an administrator who asks for all organizations.
    static func organizationOrEverywhere(_ permission: Permission) -> Need {
        Need(requirement: .permission(permission), query: [.organization, .everywhere]) { call in
            try await call.organizationUnlessEverywhere(allowing: permission)
        }
    }
}

extension Need where Subject == Deployment {
    /// The project in the path, by its name or its deployment's number, which must be there.
    static func project(_ permission: Permission) -> Need {
        Need(requirement: .permission(permission), query: [.organization]) { call in
            let organization = try await call.organization(named: call.namedOrganization, allowing: permission)
            let project = call.parameter("project")
            let (named, numbered) = try await call.services.database.read { transaction in
                let store = DeploymentStore()
                return (
                    try store.deployment(project: project, organization: organization.name, in: transaction),
                    try Int64(project).flatMap { try store.deployment(DeploymentID(rawValue: $0), in: transaction) }
                )
            }
            if let named { return named }
            guard let numbered, try call.principal.role(in: numbered.organization) != nil else {
                throw Problem.notFound(
                    "There is no project '\(project.brief)' in the organization '\(organization.name)'; `slipway deployments` lists those there are."
                )
            }
            try call.check(permission, in: numbered.organization)
            return numbered
        }
    }
}

extension Need where Subject == JobRecord {
    /// The job in the path, whosever organization it is.
    static func job(_ permission: Permission) -> Need {
        Need(requirement: .permission(permission), query: []) { call in
            let name = call.parameter("job")
            let job = try await call.services.database.read { [jobs = call.services.jobs] transaction in
                try jobs.job(JobID(rawValue: name), in: transaction)
            }
            let principal = try call.principal
            let isVisible = job.map { job in job.organization.map { principal.role(in: $0) != nil } ?? principal.isAdministrator } ?? false
            guard let job, isVisible else {
                throw Problem.notFound("There is no job '\(name.brief)'; `slipway jobs` lists those there are.")
            }
            if let organization = job.organization { try call.check(permission, in: organization) }
            return job
        }
    }
}
