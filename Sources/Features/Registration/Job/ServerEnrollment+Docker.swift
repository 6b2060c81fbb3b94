internal import Domain

extension ServerEnrollment {
    /// Verifies Docker; installs it where it is missing and the organization says so.
    ///
    /// - Returns: What is there in the end.
    /// - Throws: ``EnrollmentFailure`` when it could not be installed.
    mutating func verifyDocker() async throws -> DockerState {
        await recorder.move(server, to: .docker, "Verifying Docker")
        var state = DockerState(try await report(.docker, .docker, doing: "checking Docker").report)
        guard state.version == nil, settings.installsDocker else { return state }
        await recorder.move(server, to: .docker, state.kind == .missing ? "Installing Docker" : "Starting Docker")
        let answer = try await report(.installDocker, .docker, doing: "installing Docker", timeout: limits.dockerInstallation)
        if let failure = Self.failure(of: answer, server) { throw failure }
        // A login knows its new groups only from its next beginning on.
        await link.close()
        try await reach()
        state = DockerState(try await report(.docker, .docker, doing: "checking Docker").report)
        return state
    }

    private static func failure(of answer: RemoteAnswer, _ server: Server) -> EnrollmentFailure? {
        let (message, advice): (String, String)
        switch answer.report["install"] {
        case "done"? where answer.report["install_error"] == nil: return nil
        case "no_sudo"?:
            message = "Docker could not be installed on \(server.place): \(server.user) may not use sudo without a password."
            advice = "Allow it there, or install Docker yourself."
        case "no_packages"?:
            message =
                "Docker could not be installed on \(server.place): its packages come by none of apt, dnf, yum, apk, zypper and pacman."
            advice = "Install Docker there yourself."
        default:
            message = "Docker could not be installed on \(server.place): \(answer.report["install_error"] ?? answer.lastWords)."
            advice = "Install it there by hand, and register the server again."
        }
        return EnrollmentFailure(.docker, [Finding(.docker, message, advice)])
    }
}
