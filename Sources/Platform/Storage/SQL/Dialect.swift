/// The two databases this program runs on.
package enum Dialect: String, Sendable, CaseIterable {
    case sqlite
    case postgres
}
