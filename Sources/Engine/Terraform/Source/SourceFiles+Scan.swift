extension SourceFiles {
    /// What the root module declares.
    package var scan: ConfigurationScan { ConfigurationScan(rootFiles: rootFiles) }
}
