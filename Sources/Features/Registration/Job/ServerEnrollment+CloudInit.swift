internal import Domain

extension ServerEnrollment {
    /// Waits until cloud-init is done, where there is one.
    ///
    /// - Throws: ``EnrollmentFailure`` with its errors, or when it takes too long.
    mutating func awaitCloudInit() async throws {
        await recorder.move(server, to: .cloudInit, "Waiting for cloud-init")
        let doing = "waiting for cloud-init"
        let end = ContinuousClock.now + limits.cloudInitWait
        while true {
            // In pieces, so that a machine that hangs is known as such.
            let piece = min(20, max(0, Int(clamping: (end - .now) / .seconds(1))))
            let answer = try await report(.cloudInit(seconds: piece), .cloudInit, doing: doing, timeout: .seconds(piece + 40))
            switch answer.report["cloud_init"] {
            case nil:
                throw EnrollmentFailure(
                    .cloudInit,
                    [
                        Finding(
                            .ssh,
                            "The login \(server.user) on \(server.place) runs no scripts: it said \(answer.lastWords).",
                            "Name a user with a normal shell in an output ssh_user."
                        )
                    ]
                )
            case "error"?, "degraded"?:
                let detail = answer.report["cloud_init_detail"].map { " (\($0))" } ?? ""
                throw EnrollmentFailure(
                    .cloudInit,
                    [
                        Finding(
                            .cloudInit,
                            "cloud-init on \(server.place) ended with an error\(detail).",
                            "Mend the machine's user data; /var/log/cloud-init-output.log there says more."
                        )
                    ]
                )
            case "running"?, "not run"?, "not started"?:
                guard ContinuousClock.now < end else {
                    throw EnrollmentFailure(
                        .cloudInit,
                        [
                            Finding(
                                .cloudInit,
                                "cloud-init on \(server.place) has not finished after \(Int(clamping: limits.cloudInitWait / .seconds(1))) seconds.",
                                "See what it does there: cloud-init status --long."
                            )
                        ],
                        isTransient: true
                    )
                }
            default: return
            }
        }
    }
}
