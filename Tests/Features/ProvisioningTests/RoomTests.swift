import Domain
import Host
import Jobs
import Terraform
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct RoomTests {
    private static let small = #"resource "terraform_data" "a" {}"#

    /// Promises more to another than any storage has, as another process would: what other tests write or remove meanwhile changes nothing.
    private func fill(_ root: WorkspaceRoot) throws -> FileLock {
        try FileSystem.makeFolder("\(root.path).claims")
        let lock = try #require(try FileLock.take("\(root.path).claims/other"))
        try FileSystem.write(Array("\(1 << 49)".utf8), to: lock.path)
        return lock
    }

    @Test func `a run without room waits, says so, and begins when another gives its room back`() async throws {
        try await Workshop.with { shop in
            let held = try fill(shop.services.workspaces)
            let job = try await shop.submit(.deploy, Self.small)
            try await shop.wait(for: job, toSay: "Waiting for room: this run needs 32 MiB")
            try await eventually("the message") { try await shop.record(job).message?.contains("Waiting for room") == true }
            #expect(try shop.workspaces == [])
            held.release()
            try await shop.wait(for: job, toBe: .completed)
            // Its own claim is over, too.
            #expect(try FileSystem.names(in: "\(shop.services.workspaces.path).claims") == ["turn"])
        }
    }

    @Test func `one that waits for room can be cancelled`() async throws {
        try await Workshop.with { shop in
            let held = try fill(shop.services.workspaces)
            let job = try await shop.submit(.deploy, Self.small)
            try await shop.wait(for: job, toSay: "Waiting for room")
            _ = try await shop.decisions.cancel(job, force: false, by: "anna")
            try await shop.wait(for: job, toBe: .cancelled)
            held.release()
            try await shop.run(.deploy, Self.small)
        }
    }
}
