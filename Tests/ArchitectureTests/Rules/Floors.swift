/// The floors of the house and who may import whom, by the folders of `Sources`.
struct Floors {
    /// From the ground up.
    static let names = ["Platform", "Model", "Engine", "Features", "App"]

    /// Each module's floor, counted from the ground.
    private let floorOfModule: [String: Int]
    /// The modules of C libraries.
    private let cModules: Set<String>

    /// Reads the modules off the paths of the files: `Sources/<Floor>/<Module>/…`.
    init(paths: [String]) {
        var floorOfModule: [String: Int] = [:]
        var cModules: Set<String> = []
        for path in paths {
            let folders = path.split(separator: "/").map(String.init)
            guard folders.count > 3, folders[0] == "Sources", let floor = Self.names.firstIndex(of: folders[1]) else { continue }
            if folders[1] == "Platform", folders[2] == "C" {
                cModules.insert(folders[3])
            } else {
                floorOfModule[folders[2]] = floor
            }
        }
        self.floorOfModule = floorOfModule
        self.cModules = cModules
    }

    /// Says what is wrong with an import, or nil.
    func objection(to module: String, in path: String) -> String? {
        let folders = path.split(separator: "/").map(String.init)
        guard folders.count > 2, folders[0] == "Sources", let floor = Self.names.firstIndex(of: folders[1]) else { return nil }
        if module == "Foundation" || module.hasPrefix("FoundationNetworking") || module == "FoundationInternationalization" {
            return "imports \(module): use FoundationEssentials, which brings no ICU (docs/decisions/0001)"
        }
        let isSystem = cModules.contains(module) || module == "Glibc" || module == "Musl"
        if isSystem, folders[1] != "Platform" {
            return "\(folders[1]) imports \(module): only Platform touches C"
        }
        if let other = floorOfModule[module], other > floor {
            return "\(folders[1]) imports \(module) of \(Self.names[other]), the floor above it"
        }
        return nil
    }
}
