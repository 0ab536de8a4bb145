extension KindSpec {
    /// The kinds that every executor image can carry. What runs them lives with the executor.
    package static let builtIn: [KindSpec] = common + models

    private static let common: [KindSpec] = [
        KindSpec(
            kind: TaskKind(trusted: "bench-noop"),
            description: "Does nothing, inside the executor: for measuring",
            prefetch: true
        ),
        KindSpec(
            kind: TaskKind(trusted: "bench-true"),
            description: "Spawns /bin/true: for measuring",
            prefetch: true
        ),
        KindSpec(
            kind: TaskKind(trusted: "git-clone"),
            description: "Fetches a repository into the executor's mirrors",
            params: [repository, ref(description: "Branch, tag or commit to check that it exists")]
        ),
        KindSpec(
            kind: TaskKind(trusted: "git-status"),
            description: "Branch, upstream and changed files of a repository",
            params: [repository]
        ),
        KindSpec(
            kind: TaskKind(trusted: "git-log"),
            description: "The latest commits",
            params: [
                repository, ref(description: "Where to begin; default HEAD"),
                ParameterSpec("limit", .integer(min: 1, max: 1000), default: 10, description: "How many commits"),
                ParameterSpec("path", .string(pattern: nil, choices: []), description: "Only commits that touch it"),
            ]
        ),
        KindSpec(
            kind: TaskKind(trusted: "git-diff"),
            description: "What changed between two commits, or in a work tree",
            params: [
                repository, ParameterSpec("from", .string(pattern: nil, choices: []), description: "Default HEAD"),
                ParameterSpec("to", .string(pattern: nil, choices: []), description: "Default the work tree"),
                ParameterSpec("path", .string(pattern: nil, choices: []), description: "Only what is below it"),
                ParameterSpec("stat", .boolean, default: false, description: "Only a summary by file"),
            ]
        ),
        KindSpec(kind: TaskKind(trusted: "ops-disk"), description: "Free space of the mounted file systems"),
        KindSpec(kind: TaskKind(trusted: "ops-uptime"), description: "Uptime, load and memory"),
        KindSpec(
            kind: TaskKind(trusted: "ops-service"),
            description: "State of a service",
            params: [
                ParameterSpec(
                    "name",
                    .string(pattern: "[A-Za-z0-9@._:-]{1,128}", choices: []),
                    required: true,
                    description: "Unit or service name"
                )
            ]
        ),
        dev("dev-build", "Builds a repository in a work tree of its own"),
        dev("dev-test", "Runs a repository's tests in a work tree of its own and reads their summary"),
        KindSpec(
            kind: TaskKind(trusted: "dev-run"),
            description: "Runs a command in a work tree of its own",
            params: [
                repository, ref(description: "Branch, tag or commit; default HEAD"),
                ParameterSpec(
                    "command",
                    .strings,
                    required: true,
                    allowDash: true,
                    description: "The command as an array of arguments; there is no shell"
                ),
            ],
            retry: RetryPolicy(maxAttempts: 1)
        ),
    ]

    package static func builtIn(_ kind: TaskKind) -> KindSpec? { builtIn.first { $0.kind == kind } }

    private static let repository = ParameterSpec(
        "repo",
        .repository,
        required: true,
        description: "A path on the executor's machine, or a URL"
    )

    private static func ref(description: String) -> ParameterSpec {
        ParameterSpec("ref", .string(pattern: nil, choices: []), description: description)
    }

    private static func dev(_ kind: String, _ description: String) -> KindSpec {
        KindSpec(
            kind: TaskKind(trusted: kind),
            description: description,
            params: [
                repository, ref(description: "Branch, tag or commit; default HEAD"),
                ParameterSpec(
                    "tool",
                    .string(pattern: nil, choices: ["swift", "cargo", "npm", "make", "pytest", "go"]),
                    description: "Default: what the repository's files say"
                ),
            ],
            retry: RetryPolicy(maxAttempts: 1)
        )
    }
}
