import Access

/// Everything that the API can do.
enum Routes {
    static let all: [Route] =
        DeployRoutes.all + DeploymentRoutes.all + ServerRoutes.all + JobRoutes.all + StateRoutes.all + StateBackendRoutes.all
        + OrganizationRoutes.all
        + UserRoutes.all + TokenRoutes.all + SessionRoutes.all + CredentialRoutes.all + QueueRoutes.all + AuditRoutes.all
        + LiveRoutes.all + SystemRoutes.all
}
