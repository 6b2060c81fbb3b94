import Terraform
extension WorkspaceRoot { static func choose(dataFolder: String, environment: [String: String]) throws -> WorkspaceRoot { WorkspaceRoot(path: dataFolder, isMemoryBacked: false) } }
