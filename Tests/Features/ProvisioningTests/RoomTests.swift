import Domain
import Host
import Jobs
import Terraform
import TestKit
import Testing

@testable import Provisioning

@Suite(.requires(.terraform)) struct RoomTests {
    private static let small = #"resource "terraform_data" "a" {}"#

    /// Promises to others all that there is.
    private func fill(_ root: WorkspaceRoot) async throws -> [RoomClaim] {
        var held: [RoomClaim] = []
        for bytes in [Int.max / 4, 1 << 30, 128 << 20, RoomClaim.least] {
            while case .taken(let claim) = try await RoomClaim.take(bytes, in: root) {
                held.append(claim)
                try #require(held.count < 1000)
            }
        }
        return held
    }

    @Test func `a run without room waits, says so, and begins when another gives its room back`() async throws {
        try await Workshop.with { shop in
            let held = try await fill(shop.services.workspaces)
            let job = try await shop.submit(.deploy, Self.small)
            try await shop.wait(for: job, toSay: "Waiting for room: this run needs 32 MiB")
            try await eventually("the message") { try await shop.record(job).message?.contains("Waiting for room") == true }
            #expect(try shop.workspaces == [])
            for claim in held { claim.release() }
            try await shop.wait(for: job, toBe: .completed)
            // Its own claim is over, too.
            #expect(try FileSystem.names(in: "\(shop.services.workspaces.path).claims") == ["turn"])
        }
    }

    @Test func `one that waits for room can be cancelled`() async throws {
        try await Workshop.with { shop in
            let held = try await fill(shop.services.workspaces)
            let job = try await shop.submit(.deploy, Self.small)
            try await shop.wait(for: job, toSay: "Waiting for room")
            _ = try await shop.decisions.cancel(job, force: false, by: "anna")
            try await shop.wait(for: job, toBe: .cancelled)
            for claim in held { claim.release() }
            try await shop.run(.deploy, Self.small)
        }
    }
}
