import Domain
import Testing

@testable import Terraform

@Suite struct FailureTests {
    @Test(arguments: [
        (
            "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 503, RequestID: x, api error RequestLimitExceeded: Request limit exceeded.",
            FailureCause.throttling
        ),
        (
            "operation error IAM: CreateRole, exceeded maximum number of attempts, 9, https response error StatusCode: 400, api error Throttling: Rate exceeded",
            .throttling
        ),
        ("googleapi: Error 403: Rate Limit Exceeded, rateLimitExceeded", .throttling),
        (
            "operation error EC2: RunInstances, api error UnauthorizedOperation: You are not authorized to perform this operation.",
            .permission
        ),
        ("operation error S3: CreateBucket, https response error StatusCode: 403, api error AccessDenied: Access Denied", .permission),
        ("googleapi: Error 403: Required 'compute.instances.create' permission, forbidden", .permission),
        (
            "operation error STS: GetCallerIdentity, https response error StatusCode: 403, api error InvalidClientTokenId: The security token included in the request is invalid.",
            .credentials
        ),
        ("api error ExpiredToken: The security token included in the request is expired", .credentials),
        (
            "No valid credential sources found\nError: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded",
            .credentials
        ),
        ("api error VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32 allows", .quota),
        ("googleapi: Error 403: Quota 'CPUS' exceeded. Limit: 24.0 in region europe-west1., quotaExceeded", .quota),
        (
            "Post \"https://ec2.eu-central-1.amazonaws.com/\": dial tcp: lookup ec2.eu-central-1.amazonaws.com on 127.0.0.53:53: no such host",
            .dns
        ),
        ("request send failed, Get \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused", .network),
        ("dial tcp 10.0.0.1:443: i/o timeout", .network),
        ("net/http: TLS handshake timeout", .network),
        ("https response error StatusCode: 503, RequestID: , api error ServiceUnavailable: Service Unavailable", .serverError),
        ("https response error StatusCode: 500, api error InternalError: We encountered an internal error", .serverError),
        ("exceeded maximum number of attempts, 9, https response error StatusCode: 503, api error ServiceUnavailable: x", .serverError),
        ("Error acquiring the state lock", .lockContention),
        ("No value for required variable\nThe root module input variable \"need\" is not set, and has no default value.", .missingVariable),
        ("Unsupported argument\nAn argument named \"bucketname\" is not expected here.", .syntax),
        ("Unclosed configuration block", .syntax),
        ("Reference to undeclared resource", .validation),
        (
            "Failed to query available provider packages\nCould not retrieve the list of available versions for provider hashicorp/nosuch: provider registry registry.terraform.io does not have a provider named",
            .unknownProvider
        ),
        (
            "Failed to query available provider packages\nCould not retrieve the list of available versions for provider hashicorp/aws: could not connect to registry.terraform.io: dial tcp: lookup registry.terraform.io: no such host",
            .dns
        ),
        ("Unreadable module directory\nUnable to evaluate directory symlink: lstat ../shared: no such file or directory", .unknownModule),
        ("Backend initialization required, please run \"terraform init\"", .backend),
        ("local-exec provisioner error\nError running command 'false': exit status 1. Output: ", .provisioner),
        (
            "operation error S3: CreateBucket, StatusCode: 409, api error BucketAlreadyExists: The requested bucket name is not available.",
            .conflict
        ),
        (
            "Provider produced inconsistent result after apply\nWhen applying changes to x, provider \"provider[\\\"registry.terraform.io/hashicorp/aws\\\"]\" produced",
            .validation
        ),
        ("Something nobody has seen before", .unknown),
    ])
    func `a message tells its cause`(text: String, cause: FailureCause) {
        let parts = text.split(separator: "\n", maxSplits: 1).map(String.init)
        #expect(FailureCause(of: Diagnostic(summary: parts[0], detail: parts.count > 1 ? parts[1] : "")) == cause)
    }

    @Test func `who doesn't listen on this machine is named, and what to start`() {
        func hint(_ place: String) -> String? {
            FailureCause.hint(
                for: Diagnostic(summary: "Failed to get state: Get \"x\": dial tcp \(place): connect: connection refused", detail: "")
            )
        }
        for place in ["127.0.0.1:7722", "[::1]:7722"] {
            #expect(hint(place)?.hasPrefix("Nobody listens at \(place) on this machine: start what should answer there") == true)
        }
        #expect(hint("203.0.113.7:443") == FailureCause.network.hint)
        let lookup = Diagnostic(summary: "dial tcp: lookup nowhere on 127.0.0.1:53: no such host", detail: "")
        #expect(FailureCause.hint(for: lookup) == FailureCause.dns.hint)
    }

    @Test func `only what goes away by itself is tried again`() {
        let transient = FailureCause.allCases.filter(\.isTransient)
        #expect(transient == [.network, .dns, .throttling, .serverError, .lockContention, .memory])
    }

    @Test func `one permanent error among transient ones decides`() {
        let errors = [Diagnostic(summary: "Throttling"), Diagnostic(summary: "AccessDenied")]
        let failed = RunExit(end: .failed(code: 1))
        #expect(FailureCause(of: errors, exit: failed) == .permission)
        #expect(FailureCause(of: [errors[0], Diagnostic(summary: "who knows")], exit: failed) == .unknown)
        #expect(FailureCause(of: [errors[0]], exit: failed) == .throttling)
        #expect(FailureCause(of: [], exit: failed) == .unknown)
        #expect(FailureCause(of: [], exit: RunExit(end: .killed(.memoryLimit))) == .memory)
    }

    @Test func `a diagnostic reads as a message with place, code, reason and what to do`() {
        let diagnostic = Diagnostic(
            summary: "Unsupported argument",
            detail: "An argument named \"bucketname\" is not expected here.",
            file: "main.tf",
            line: 3,
            code: "  bucketname = var.x",
            context: "resource \"aws_s3_bucket\" \"b\"",
            values: ["var.x is \"y\""]
        )
        #expect(
            diagnostic.text == """
                Error: Unsupported argument (main.tf:3, in resource "aws_s3_bucket" "b")
                  3 │   bucketname = var.x
                  where var.x is "y"
                An argument named "bucketname" is not expected here.
                What to do: Correct the configuration at the named place.
                """
        )
        #expect(Diagnostic(severity: .warning, summary: "Old").text == "Warning: Old")
    }
}

@Suite struct RunFactsTests {
    private func resource(_ address: String) -> ResourceReference { ResourceReference(address: address) }

    @Test func `resources go from pending over active to done, and a replacement takes two steps`() {
        var facts = RunFacts()
        for (address, action) in [("a.a", ChangeAction.create), ("b.b", .replace), ("c.c", .none), ("d.d", .delete), ("e.e", .read)] {
            facts.add(.plannedChange(PlannedChange(resource: resource(address), action: action)))
        }
        #expect(facts.total == 3)
        #expect(!facts.hasBegunApplying)
        facts.add(.applyStart(resource("a.a"), .create, id: nil))
        facts.add(.applyStart(resource("b.b"), .delete, id: "old"))
        #expect(facts.inFlight.map(\.resource.address) == ["a.a", "b.b"])
        facts.add(.applyProgress(resource("a.a"), .create, elapsed: .seconds(10)))
        facts.add(.applyComplete(resource("b.b"), .delete, id: nil, elapsed: .seconds(1)))
        #expect(facts.finished == 0)
        facts.add(.applyStart(resource("b.b"), .create, id: nil))
        facts.add(.applyComplete(resource("b.b"), .create, id: "new", elapsed: .seconds(2)))
        #expect(facts.finished == 1)
        #expect(facts.resources[1].id == "new")
        #expect(facts.resources[0].elapsed == .seconds(10))
        facts.add(.applyErrored(resource("a.a"), .create, elapsed: .seconds(11)))
        #expect(facts.finished == 2)
        #expect(facts.inFlight.isEmpty)
        #expect(facts.maybeTainted.map(\.resource.address) == ["a.a"])
        #expect(facts.hasBegunApplying)
    }

    @Test func `a saved plan is applied against its own list`() {
        var facts = RunFacts(plan: [PlannedChange(resource: resource("a.a"), action: .create)])
        #expect(facts.total == 1)
        facts.add(.applyComplete(resource("a.a"), .create, id: "x", elapsed: .zero))
        facts.add(.changeSummary(ChangeSummary(add: 1), operation: "apply"))
        #expect(facts.finished == 1)
        #expect(facts.applied == ChangeSummary(add: 1))
        #expect(facts.planned == nil)
    }

    @Test func `reading data sources touches nothing`() {
        var facts = RunFacts()
        facts.add(.applyStart(resource("data.a.b"), .read, id: nil))
        facts.add(.applyComplete(resource("data.a.b"), .read, id: nil, elapsed: .zero))
        #expect(!facts.hasBegunApplying)
        #expect(facts.total == 0)
    }
}
