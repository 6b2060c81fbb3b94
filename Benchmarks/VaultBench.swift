import Domain
import FoundationEssentials
import Host
import Schema
import Sealing
import StateVault
import Storage

/// Storing a state of 10 MB, against nothing but compressing, sealing and writing a file.
enum VaultBench {
    private static let size = 10_000_000

    static func measure(_ rig: Rig, _ report: Report) async throws {
        let folder = try rig.folder("vault")
        let keyring = try Keyring.open(folder: folder, environment: [:])
        let database = try await Database.open(.sqlite(path: "\(folder)/vault.sqlite"))
        try await Schema.migrator.migrate(database)
        let deployment = try await deployment(database)
        let vault = StateVault(database: database, keyring: keyring)
        var (saves, floors): ([Double], [Double]) = ([], [])
        for serial in 0..<(rig.runs + 1) {
            let bytes = state(serial: serial)
            var start = ContinuousClock.now
            _ = try await vault.save(bytes, for: deployment, as: .final, fence: Fence(rawValue: 1), job: nil, author: "bench")
            let save = (ContinuousClock.now - start).seconds
            start = .now
            let sealed = try Envelope.seal(bytes, with: keyring, context: "bench/\(serial)", compress: true)
            try FileSystem.write(sealed, to: "\(folder)/floor", durably: true)
            let floor = (ContinuousClock.now - start).seconds
            try FileSystem.removeFile("\(folder)/floor")
            // The first finds caches cold.
            if serial > 0 {
                saves.append(Double(bytes.count) / 1e6 / save)
                floors.append(Double(bytes.count) / 1e6 / floor)
            }
        }
        report.row("a 10 MB state: checked, sealed and in the vault", Samples(saves), unit: "MB/s")
        report.row("a 10 MB state: compressed, sealed and in a file", Samples(floors), unit: "MB/s")
        report.row("the vault against the file", .pairwise(saves, floors, /), unit: "", places: 2)
        await database.close()
    }

    private static func deployment(_ database: Database) async throws -> DeploymentID {
        try await database.write { transaction in
            try transaction.execute("INSERT INTO organizations (name, created_at) VALUES ('bench', 0)")
            let row = try transaction.first(
                """
                INSERT INTO terraform_deployments (organization_id, project, status, created_at, updated_at)
                SELECT id, 'bench', 'applying', 0, 0 FROM organizations
                RETURNING id
                """
            )
            guard let row else { throw Rig.Failure(description: "The deployment was not made.") }
            return try row.value("id")
        }
    }

    /// A state with many resources, whose attributes are as compressible as real ones are.
    private static func state(serial: Int) -> [UInt8] {
        var text = """
            {"version":4,"terraform_version":"1.11.4","serial":\(serial + 1),"lineage":"00000000-0000-4000-8000-000000000001","outputs":{},"resources":[
            """
        var number = 0
        while text.utf8.count < size {
            if number > 0 { text += "," }
            let id = String(UInt64.random(in: 0 ... .max), radix: 16)
            text += """
                {"mode":"managed","type":"aws_s3_bucket","name":"bucket_\(number)","provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]",\
                "instances":[{"schema_version":0,"attributes":{"arn":"arn:aws:s3:::bucket-\(id)","bucket":"bucket-\(id)","force_destroy":false,\
                "bucket_domain_name":"bucket-\(id).s3.amazonaws.com","hosted_zone_id":"Z3AQBSTGFYJSTF","id":"bucket-\(id)","region":"us-east-1",\
                "tags":{"Name":"bucket \(number)"},"timeouts":null},"sensitive_attributes":[],"private":"\(id)\(id)"}]}
                """
            number += 1
        }
        return Array((text + "],\"check_results\":null}").utf8)
    }
}
