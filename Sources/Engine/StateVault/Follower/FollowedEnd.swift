/// What was in a followed file when the run was over.
package struct FollowedEnd: Sendable {
    /// The last whole state; nil when there never was one.
    package let last: FollowedState?
    /// The file ends in the middle or holds something else: the run was killed while writing, and ``last`` is what it wrote before.
    package let isTorn: Bool
    /// The last whole state was handed over and taken.
    package let isHandedOver: Bool
    /// Why nothing was handed over any more: the error that no retry mends.
    package let failure: (any Error)?
}
