internal import Log

extension TerraformRunner {
    /// Verifies what an earlier version left in the store, in which the runs' own `init` had a hand; returns when all is asked for once.
    ///
    /// What the registry or mirror confirms is used again; what it doesn't stays unused, and so does what can't be asked for now: a run
    /// that needs it asks again.
    ///
    /// Also removes the downloads of processes that died.
    package func verifyStore() async {
        do throws(TerraformError) {
            try await providers.evict()
        } catch {
            providers.logger.warning("The provider store could not be tidied up", ["error": .init(error)])
        }
        for (provider, why) in await installer.verifyStore() {
            providers.logger.warning(
                "A provider of the store could not be verified, and is not used",
                ["provider": .init(provider.text), "reason": .init(why)]
            )
        }
    }
}
