/// How a ``RedisClient`` connects and waits.
package struct RedisOptions: Sendable {
    package var connectTimeout: Duration = .seconds(2)
    /// For one command's answer; the connection is given up then.
    package var commandTimeout: Duration = .seconds(2)
    /// The most commands that wait for the one before them.
    package var waiting = 256

    package init() {}
}
