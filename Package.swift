// swift-tools-version: 6.3
import PackageDescription

// Read from the bottom: each floor imports the floors below it and the neighbours named here, never a floor above.

let everywhere: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
/// Above Platform a pointer does not compile.
let abovePlatform: [SwiftSetting] = everywhere + [.strictMemorySafety()]

func library(_ name: String, _ path: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = abovePlatform) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path)/\(name)", swiftSettings: settings)
}

func system(_ name: String) -> Target { .systemLibrary(name: name, path: "Sources/Platform/C/\(name)") }

func lazy(_ name: String) -> Target { .target(name: name, path: "Sources/Platform/C/\(name)") }

func tests(_ name: String, _ path: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies + ["TestKit"],
        path: "Tests/\(path)\(name)",
        exclude: exclude,
        swiftSettings: everywhere
    )
}

let package = Package(
    name: "slipway",
    products: [.executable(name: "slipway", targets: ["slipway"])],
    targets: [
        // App: what people and programs touch
        .executableTarget(
            name: "slipway",
            dependencies: [
                "API", "WebServer", "Registration", "Provisioning", "Access", "Jobs", "Terraform", "StateVault", "Events", "Audit",
                "Domain", "Schema",
                "Log", "Storage",
                "Sealing", "Remote", "Host",
            ],
            path: "Sources/App/slipway",
            swiftSettings: abovePlatform
        ),

        library(
            "API",
            "App",
            [
                "Registration", "Provisioning", "Access", "Jobs", "Terraform", "StateVault", "Events", "Audit", "Domain", "Log", "Storage",
                "Sealing", "WebServer", "Host",
            ]
        ),

        .executableTarget(
            name: "slipway-bench",
            dependencies: [
                "Access", "Jobs", "Terraform", "StateVault", "Events", "Audit", "Domain", "Schema", "Log", "Storage", "Sealing", "Remote",
                "Host",
                "CLinux",
            ],
            path: "Benchmarks",
            exclude: ["README.md", "Fixtures"],
            swiftSettings: everywhere
        ),

        // Features: what the product does, told in order
        library(
            "Provisioning",
            "Features",
            ["Jobs", "Terraform", "StateVault", "Events", "Audit", "Domain", "Log", "Storage", "Sealing", "Host"]
        ),
        library(
            "Registration",
            "Features",
            ["Provisioning", "Jobs", "Terraform", "Events", "Audit", "Domain", "Log", "Storage", "Sealing", "Remote"]
        ),
        library("Access", "Features", ["Jobs", "Audit", "Domain", "Storage", "Sealing"]),

        // Engine: the machinery, which knows no product feature
        library("Jobs", "Engine", ["Domain", "Log", "Storage", "Host"]),
        library("Terraform", "Engine", ["Domain", "Log", "Sealing", "Host"]),
        library("StateVault", "Engine", ["Jobs", "Audit", "Domain", "Log", "Storage", "Sealing", "Remote", "JSON", "Host"]),
        library("Events", "Engine", ["Jobs", "Domain", "Log", "Storage"]),
        library("Audit", "Engine", ["Domain", "Storage"]),

        // Model: words and tables
        library("Schema", "Model", ["Storage"]),
        library("Domain", "Model", ["Storage"]),
        library("Log", "Model"),

        // Platform: the outside world; the only code that touches C
        library("Storage", "Platform", ["CSQLite", "CPostgres", "CRedis", "Host"], settings: everywhere),
        library("Remote", "Platform", ["CCurl", "CSSH", "COpenSSL", "CLinux", "Sealing", "Host"], settings: everywhere),
        library("Sealing", "Platform", ["COpenSSL", "CZstd", "CZlib", "Host"], settings: everywhere),
        library("WebServer", "Platform", ["CMicroHTTPD", "CWslay", "COpenSSL", "CLinux", "Host"], settings: everywhere),
        library("JSON", "Platform", ["CVectors"], settings: everywhere),
        library("Host", "Platform", ["CLinux", "CSeccomp"], settings: everywhere),
        system("CSQLite"),
        // No system libraries: these are loaded with the first address, or the first server, that needs them.
        lazy("CPostgres"),
        lazy("CRedis"),
        lazy("CCurl"),
        lazy("CSSH"),
        lazy("CMicroHTTPD"),
        lazy("CWslay"),
        lazy("CSeccomp"),
        system("COpenSSL"),
        system("CZstd"),
        system("CZlib"),
        system("CVectors"),
        system("CLinux"),

        // Tests: the same folders
        .target(
            name: "TestKit",
            dependencies: ["Remote", "Storage", "Schema", "Sealing", "Host", "Domain", "Log", "CLinux"],
            path: "Tests/TestKit",
            swiftSettings: everywhere
        ),
        tests("StorageTests", "Platform/", ["Storage"]),
        tests("RemoteTests", "Platform/", ["Remote", "Sealing", "Host", "CLinux"]),
        tests("SealingTests", "Platform/", ["Sealing"]),
        tests("JSONTests", "Platform/", ["JSON"]),
        tests("HostTests", "Platform/", ["Host"]),
        tests("WebServerTests", "Platform/", ["WebServer", "Remote", "Host", "CLinux"]),
        tests("DomainTests", "Model/", ["Domain"]),
        tests("SchemaTests", "Model/", ["Schema", "Storage"]),
        tests("LogTests", "Model/", ["Log"]),
        tests("JobsTests", "Engine/", ["Jobs", "Domain", "Storage", "Log", "Schema", "Host"]),
        tests("TerraformTests", "Engine/", ["Terraform", "Domain", "Log", "Host", "Sealing", "RunHolder"]),
        // A worker that tests kill.
        .executableTarget(name: "RunHolder", dependencies: ["Terraform", "Host"], path: "Tests/RunHolder", swiftSettings: everywhere),
        tests(
            "StateVaultTests",
            "Engine/",
            ["StateVault", "Jobs", "Audit", "Domain", "Log", "Storage", "Sealing", "Remote", "Schema", "Host", "VaultHolder"]
        ),
        // A process that works in a vault, for tests that kill or stop it.
        .executableTarget(
            name: "VaultHolder",
            dependencies: ["StateVault", "Jobs", "Domain", "Log", "Storage", "Sealing", "Remote", "Host"],
            path: "Tests/VaultHolder",
            swiftSettings: everywhere
        ),
        tests("EventsTests", "Engine/", ["Events", "Jobs", "Domain", "Log", "Storage", "Schema"]),
        tests("AuditTests", "Engine/", ["Audit", "Domain", "Storage", "Schema"]),
        tests(
            "ProvisioningTests",
            "Features/",
            [
                "Provisioning", "Access", "Jobs", "Terraform", "StateVault", "Events", "Audit", "Domain", "Log", "Storage", "Sealing",
                "Schema", "Remote", "Host", "KeyHolder",
            ]
        ),
        tests(
            "RegistrationTests",
            "Features/",
            [
                "Registration", "Provisioning", "Jobs", "Terraform", "StateVault", "Events", "Audit", "Domain", "Log", "Storage", "Sealing",
                "Schema", "Remote", "Host",
            ]
        ),
        tests("AccessTests", "Features/", ["Access", "Jobs", "Audit", "Domain", "Storage", "Sealing", "Schema"]),
        // A process that changes keys or holds a lock, for tests that kill or stop it.
        .executableTarget(
            name: "KeyHolder",
            dependencies: ["Provisioning", "StateVault", "Domain", "Log", "Storage", "Sealing", "Remote"],
            path: "Tests/KeyHolder",
            swiftSettings: everywhere
        ),
        tests(
            "APITests",
            "App/",
            [
                "API", "Provisioning", "Access", "Jobs", "Terraform", "StateVault", "Events", "Audit", "Domain", "Log", "Storage",
                "Sealing", "Schema", "WebServer", "Host",
            ]
        ),
        tests("CommandTests", "App/", ["slipway", "Domain", "Events", "Log", "Host"]),
        tests("ArchitectureTests", "", ["Domain"]),
        tests("EndToEndTests", "", ["slipway", "Storage", "Remote", "Sealing", "Host", "Domain"], exclude: ["workflow.sh", "Clients"]),
    ],
    swiftLanguageModes: [.v6]
)
