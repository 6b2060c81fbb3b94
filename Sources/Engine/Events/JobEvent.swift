package import Domain

/// One thing that a job on a deployment reported, in the order in which it happened.
///
/// Every text in it is masked already. Stored as one row with its ``name`` and the JSON of its payload; the JSON is also what
/// programs see, so a case is never renamed: `docs/json-output.md` is the register.
package enum JobEvent: Sendable, Hashable {
    /// The job entered a stage, or moved on within one.
    case stage(StageReport)
    /// What the attempt runs with: program, sandbox, workspace.
    case environment(EnvironmentReport)
    /// One resource that the plan wants to change.
    case planned(PlannedChange)
    /// What changed outside Terraform, as the plan found it.
    case drift(PlannedChange)
    /// The plan's totals.
    case planSummary(ChangeSummary)
    /// One resource moved on.
    case resource(ResourceReport)
    /// A line that a provisioner (`local-exec`) printed.
    case provisioner(ProvisionerOutput)
    /// A line of Terraform's own output.
    case log(LogLine)
    /// An error or a warning, with the place in the code.
    case diagnostic(DiagnosticReport)
    /// The outputs after a successful apply.
    case outputs([String: OutputValue])
    /// A version of the state is in the vault.
    case stateSaved(StateReport)
    /// One server moved on in its registration.
    case server(ServerReport)
    /// The attempt is over, or the job waits for a person.
    case finished(FinishReport)
}

package struct StageReport: Sendable, Hashable, Codable {
    package var stage: JobStage
    /// 0–100, over the whole job.
    package var progress: Int
    package var message: String
    /// Within an apply or a destroy: resources that are done.
    package var created: Int?
    /// Within an apply or a destroy: resources that are still to do.
    package var remaining: Int?

    package init(stage: JobStage, progress: Int, message: String, created: Int? = nil, remaining: Int? = nil) {
        self.stage = stage
        self.progress = progress
        self.message = message
        self.created = created
        self.remaining = remaining
    }
}

package struct EnvironmentReport: Sendable, Hashable, Codable {
    /// `Terraform 1.11.4`.
    package var program: String
    /// One sentence: what the run can't see.
    package var sandbox: String
    /// One sentence: what the run reaches; nil in events of older versions, and of jobs that run no Terraform.
    package var network: String?
    /// One sentence: what the run may take of the machine; nil as above.
    package var limits: String?
    /// Where the workspace lies: `memory` or `disk`.
    package var workspace: String
    package var attempt: Int
    package var worker: String

    package init(
        program: String,
        sandbox: String,
        network: String? = nil,
        limits: String? = nil,
        workspace: String,
        attempt: Int,
        worker: String
    ) {
        self.program = program
        self.sandbox = sandbox
        self.network = network
        self.limits = limits
        self.workspace = workspace
        self.attempt = attempt
        self.worker = worker
    }
}

package struct PlannedChange: Sendable, Hashable, Codable {
    /// Terraform's address: `module.web["a"].aws_instance.web[0]`.
    package var address: String
    package var action: ResourceAction
    /// Terraform's reason for a replacement, as it says it (`cannot_update`, `tainted`); nil where there is none.
    package var reason: String?

    package init(address: String, action: ResourceAction, reason: String? = nil) {
        self.address = address
        self.action = action
        self.reason = reason
    }
}

/// What Terraform does with a resource, in its own words.
package enum ResourceAction: String, Sendable, Hashable, Codable, CaseIterable {
    case create, read, update, replace, delete, move, `import`, remove, noop

    /// `+`, `~`, `-/+`, `-` and so on, as Terraform's plan shows them.
    package var symbol: String {
        switch self {
        case .create: "+"
        case .read: "<="
        case .update: "~"
        case .replace: "-/+"
        case .delete: "-"
        case .move: "->"
        case .import: "<-"
        case .remove: "."
        case .noop: " "
        }
    }
}

package struct ResourceReport: Sendable, Hashable, Codable {
    package enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
        case started, progress, completed, errored
        case refreshStarted = "refresh_started"
        case refreshed
    }

    package var address: String
    package var action: ResourceAction
    package var phase: Phase
    package var elapsedSeconds: Double?
    /// The name and value of what identifies it in the cloud: `id`, `i-0abc`.
    package var idKey: String?
    package var idValue: String?

    package init(
        address: String,
        action: ResourceAction,
        phase: Phase,
        elapsedSeconds: Double? = nil,
        idKey: String? = nil,
        idValue: String? = nil
    ) {
        self.address = address
        self.action = action
        self.phase = phase
        self.elapsedSeconds = elapsedSeconds
        self.idKey = idKey
        self.idValue = idValue
    }
}

package struct ProvisionerOutput: Sendable, Hashable, Codable {
    package var address: String
    package var text: String

    package init(address: String, text: String) {
        self.address = address
        self.text = text
    }
}

package struct LogLine: Sendable, Hashable, Codable {
    /// `info`, `warn`, `error`, as Terraform says it.
    package var level: String
    package var text: String

    package init(level: String = "info", text: String) {
        self.level = level
        self.text = text
    }
}

package struct DiagnosticReport: Sendable, Hashable, Codable {
    package enum Severity: String, Sendable, Hashable, Codable { case error, warning }

    package var severity: Severity
    package var summary: String
    package var detail: String
    package var address: String?
    package var file: String?
    /// The first line of the range, from 1.
    package var line: Int?
    /// The code at that place.
    package var snippet: String?
    /// What the person can do about it, where that is known.
    package var advice: String?

    package init(
        severity: Severity,
        summary: String,
        detail: String = "",
        address: String? = nil,
        file: String? = nil,
        line: Int? = nil,
        snippet: String? = nil,
        advice: String? = nil
    ) {
        self.severity = severity
        self.summary = summary
        self.detail = detail
        self.address = address
        self.file = file
        self.line = line
        self.snippet = snippet
        self.advice = advice
    }
}

/// One Terraform output.
package struct OutputValue: Sendable, Hashable, Codable {
    /// Terraform's type as JSON: `"string"`, `["list","string"]`.
    package var type: String
    /// The value as JSON; nil for a sensitive one.
    package var value: String?
    package var sensitive: Bool

    package init(type: String, value: String?, sensitive: Bool) {
        self.type = type
        self.value = value
        self.sensitive = sensitive
    }
}

package struct StateReport: Sendable, Hashable, Codable {
    package var version: Int64
    package var serial: Int64
    package var resources: Int

    package init(version: Int64, serial: Int64, resources: Int) {
        self.version = version
        self.serial = serial
        self.resources = resources
    }
}

package struct ServerReport: Sendable, Hashable, Codable {
    package enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
        case running, ready, failed
    }

    /// Its name.
    package var server: String
    /// `203.0.113.7`, or `203.0.113.7:2222` on another port than 22.
    package var address: String
    package var phase: Phase
    package var stage: JobStage
    /// What is done there, or what came of it; of a failure with what to do.
    package var message: String
    package var elapsedSeconds: Double?

    package init(
        server: String,
        address: String,
        phase: Phase,
        stage: JobStage,
        message: String,
        elapsedSeconds: Double? = nil
    ) {
        self.server = server
        self.address = address
        self.phase = phase
        self.stage = stage
        self.message = message
        self.elapsedSeconds = elapsedSeconds
    }
}

package struct FinishReport: Sendable, Hashable, Codable {
    /// Where the job stands now: a final status, or `scheduled` while it waits for approval, `retrying`, `pending` when handed back.
    package var status: JobStatus
    package var stage: JobStage
    /// One sentence.
    package var message: String
    package var summary: ChangeSummary?
    /// Seconds since the attempt began.
    package var elapsedSeconds: Double?
    /// When the next attempt begins, or the approval expires; seconds since 1970 UTC.
    package var until: Double?

    package init(
        status: JobStatus,
        stage: JobStage,
        message: String,
        summary: ChangeSummary? = nil,
        elapsedSeconds: Double? = nil,
        until: Double? = nil
    ) {
        self.status = status
        self.stage = stage
        self.message = message
        self.summary = summary
        self.elapsedSeconds = elapsedSeconds
        self.until = until
    }
}
