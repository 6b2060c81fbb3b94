package import StateVault
internal import Storage

/// All that is sealed with the keyring, for rotation and retirement of its keys; the contexts are those of ``SealContext``.
package enum SealedColumns {
    package static let all: [SealedColumn] = [
        .stateVersions,
        SealedColumn(
            "source",
            table: "terraform_sources",
            column: "sealed_files",
            context: "'source/' || \(sql: place("terraform_deployment_id")) || '/' || sha256"
        ),
        SealedColumn("run input", table: "terraform_runs", column: "sealed_inputs", id: "job_id", context: "'inputs/' || job_id"),
        SealedColumn("plan", table: "terraform_runs", column: "sealed_plan", id: "job_id", context: "'plan/' || job_id"),
        SealedColumn(
            "variable set",
            table: "terraform_deployments",
            column: "sealed_variables",
            context: "'variables/' || \(sql: place("terraform_deployments.id"))"
        ),
        SealedColumn(
            "output set",
            table: "terraform_deployments",
            column: "sealed_outputs",
            context: "'outputs/' || \(sql: place("terraform_deployments.id"))"
        ),
        SealedColumn("setting", table: "server_settings", column: "sealed_value", id: "name", context: "'setting/' || name"),
        SealedColumn(
            "SSH key",
            table: "ssh_keys",
            column: "sealed_private_key",
            context:
                "'ssh-key/' || (SELECT COALESCE(o.sealed_as, o.name) FROM organizations o WHERE o.id = organization_id) || '/' || name"
        ),
        SealedColumn(
            "credential",
            table: "cloud_provider_credentials",
            column: "sealed_values",
            context:
                "'credential/' || (SELECT COALESCE(o.sealed_as, o.name) FROM organizations o WHERE o.id = organization_id) || '/' || name"
        ),
    ]

    /// `<organization>/<project>` of a deployment.
    private static func place(_ deployment: SQL) -> SQL {
        """
        (SELECT COALESCE(o.sealed_as, o.name) || '/' || d.project
         FROM terraform_deployments d JOIN organizations o ON o.id = d.organization_id
         WHERE d.id = \(sql: deployment))
        """
    }
}
