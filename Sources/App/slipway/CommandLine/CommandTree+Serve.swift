/// The server's command.
extension CommandTree {
    static let serve = CommandSpec(
        name: "serve",
        summary: "Serve the API, and work on queued jobs, until told to stop",
        discussion: """
            Listens on the socket slipway.sock in the data folder, too, where the local user is the administrator. The first start makes the \
            administrator's token and prints it once.

            SIGTERM or Ctrl-C drains: requests in flight are answered, and running jobs are handed back without using up an attempt. A second \
            one stops at once.
            """,
        options: [
            .value(
                "listen",
                "HOST:PORT",
                .text,
                isRepeatable: true,
                "Where; 127.0.0.1:8080 or SLIPWAY_LISTEN unless given; may be repeated"
            ),
            .value("workers", "N", .integer(0...256), "How many jobs compute at once; 0: none here; as many as processors unless given"),
            .value("tls-cert", "FILE", .file, "Serve https with this certificate and its chain, PEM"),
            .value("tls-key", "FILE", .file, "The certificate's key, PEM"),
            .value("trusted-proxy", "CIDR", .text, isRepeatable: true, "Believe X-Forwarded-* of these addresses; may be repeated"),
        ],
        examples: [
            .init("slipway serve", "On this machine only"),
            .init("slipway serve --listen 0.0.0.0:8080 --workers 4", "For others, too"),
            .init("slipway serve --listen 127.0.0.1:8080 --trusted-proxy 127.0.0.1", "Behind a proxy on the same machine"),
        ]
    )

    static let login = CommandSpec(
        name: "login",
        summary: "Let commands work through a server",
        discussion: """
            Asks for a token, which is not shown, checks it, and keeps the address and the token in $XDG_CONFIG_HOME/slipway, readable by you \
            alone. --data, SLIPWAY_DATABASE_URL, SLIPWAY_URL and SLIPWAY_DATA go before it.
            """,
        arguments: [ArgumentSpec(name: "URL", summary: "The server's address; SLIPWAY_URL unless given", isRequired: false)],
        options: [.value("token-file", "FILE", .file, "Read the token from a file; - is standard input")],
        examples: [
            .init("slipway login https://slipway.example.com", "Asks for the token"),
            .init("slipway login http://127.0.0.1:8080 --token-file token", "From a file"),
        ]
    )

    static let logout = CommandSpec(
        name: "logout",
        summary: "Forget the server and the token of 'slipway login'",
        examples: [.init("slipway logout", "Commands work on this machine again")]
    )

    static let stateBackend = CommandSpec(
        name: "backend",
        summary: "Print the backend.tf that makes any Terraform keep its state here",
        options: [
            project,
            .value("url", "URL", .text, "The server's address; SLIPWAY_URL, that of 'slipway login' or http://127.0.0.1:8080 unless given"),
        ],
        examples: [.init("slipway state backend --project shop > backend.tf", "Then: TF_HTTP_PASSWORD=slp_… terraform init")]
    )
}
