package import Remote

/// How patient a registration is.
package struct RegistrationLimits: Sendable {
    /// How long one connection may take.
    package var connection = SSHOptions()
    /// For SSH to answer, in one attempt.
    package var sshWait: Duration = .seconds(300)
    /// For the login to be let in, once SSH answers: a new machine makes its users after it has started sshd.
    package var loginWait: Duration = .seconds(60)
    /// After the first try; doubled after each.
    package var firstPause: Duration = .milliseconds(250)
    package var longestPause: Duration = .seconds(10)
    package var cloudInitWait: Duration = .seconds(240)
    /// For one script.
    package var script: Duration = .seconds(60)
    package var dockerInstallation: Duration = .seconds(300)
    /// For one periodic check, all in all.
    package var check: Duration = .seconds(15)
    /// How often a broken connection is made anew, in one attempt.
    package var reconnections = 2

    package init() {}
}
