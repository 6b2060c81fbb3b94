@main enum VaultHolder { static func main() async throws {} }
