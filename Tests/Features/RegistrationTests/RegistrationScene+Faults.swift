import Domain
import Events
import Jobs
import Provisioning
import TestKit
import Testing

@testable import Registration

extension RegistrationScene {
    /// Registers one machine that is not as it must be.
    ///
    /// - Returns: What is said about it, and its row.
    static func fault(
        docker: TestMachine.Docker = .answering("24.0.7"),
        home: String? = nil,
        settings: [String] = [],
        variables: [String] = [],
        user: TestUser? = nil,
        prepare: (TestMachine) throws -> Void = { _ in },
        demands: @escaping @Sendable (inout RegistrationSettings) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> (error: String, server: Server) {
        var result: (String, Server)?
        try await with { scene in
            try await TestMachine.with(docker: docker, home: home, settings: settings, variables: variables, user: user) { machine in
                try machine.authorize(try await scene.key().publicKey)
                try prepare(machine)
                try await scene.deployment("shop", outputs([machine]), settings: demands)
                let job = try await scene.register(endsAs: .failed, sourceLocation: sourceLocation)
                result = try await scene.expectFailed(job, sourceLocation: sourceLocation)
            }
        }
        return try #require(result, sourceLocation: sourceLocation)
    }

    /// Expects that everything says of the deployment's one server what its registration ended with, and that the deployment stands.
    func expectFailed(
        _ job: JobRecord,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> (error: String, server: Server) {
        let error = try #require(job.errorMessage, sourceLocation: sourceLocation)
        let server = try #require(try await servers().first, sourceLocation: sourceLocation)
        #expect(server.status == .error && server.errorMessage == error, "\(server)", sourceLocation: sourceLocation)
        #expect(try await heard().map(\.name) == ["ServerRegistrationFailed"], sourceLocation: sourceLocation)
        let deployment = try await current()
        #expect(deployment.status == .completed && deployment.registrationStatus == .failed, sourceLocation: sourceLocation)
        #expect(deployment.registrationError == error, sourceLocation: sourceLocation)
        return (error, server)
    }
}
