/// Which versions are kept, beside the current one and the pinned ones: the newest, and the young.
package struct RetentionPolicy: Sendable, Equatable {
    /// The newest so many, at least 1.
    package var versions: Int
    /// And everything younger than so many days.
    package var days: Int

    package init(versions: Int = 30, days: Int = 90) {
        self.versions = max(1, versions)
        self.days = max(0, days)
    }
}
