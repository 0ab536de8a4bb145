extension KindSpec {
    /// The kinds that every executor image can carry. What runs them lives with the executor.
    package static let builtIn: [KindSpec] =
        common + machine + models + CodeKind.standard.map { $0.spec(origin: .builtIn) }

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
        KindSpec(
            kind: TaskKind(trusted: "git-fetch"),
            description: "Brings a repository's mirror up to date and says which branches have moved",
            params: [repository]
        ),
        KindSpec(
            kind: TaskKind(trusted: "git-branch"),
            description: "Lists the branches of a repository, or makes one",
            params: [
                repository, text("name", "The branch to make; without it they are listed"),
                ref(description: "Where it begins; default HEAD"),
            ]
        ),
        KindSpec(
            kind: TaskKind(trusted: "git-commit"),
            description: "Commits a patch, or what an earlier task left in its work tree, and lands it on a branch",
            params: [
                repository, text("message", "Subject and body of the commit", required: true),
                ParameterSpec(
                    "patch",
                    .string(pattern: nil, choices: []),
                    allowDash: true,
                    description: "A diff to apply, as git diff prints it"
                ),
                ParameterSpec(
                    "workspace",
                    .string(pattern: "[A-Za-z0-9._-]{1,128}", choices: []),
                    description: "In place of a patch: the kept work tree of a task, such as 01k9s2-1"
                ),
                ParameterSpec("paths", .strings, description: "Only these files of the work tree"),
                ref(description: "What the patch is about; default the target, else HEAD"),
                text("target", "The branch it lands on, made where it is missing; default ref, else main"),
            ] + landing,
            tier: [.review]
        ),
        KindSpec(
            kind: TaskKind(trusted: "git-push"),
            description: "Sends a branch of a repository on the executor's machine to its remote, without force",
            params: [repository, ParameterSpec("branch", .string(pattern: nil, choices: []), default: "main")]
        ),
        KindSpec(
            kind: TaskKind(trusted: "git-revert"),
            description: "Takes back what a commit, or a task that has landed, changed on a branch",
            params: [
                repository, text("commit", "The commit to take back"),
                text("task", "In place of a commit: the task that landed it"),
                ParameterSpec("target", .string(pattern: nil, choices: []), default: "main"),
            ] + landing,
            tier: [.review]
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

    /// How work lands.
    private static let landing = [
        ParameterSpec(
            "land",
            .string(pattern: nil, choices: ["merge", "branch"]),
            default: "merge",
            description: "On the target, or on a branch of the task's own: ygg/TASK"
        ),
        ParameterSpec("push", .boolean, default: false, description: "Send the target on to the repository's remote"),
        ParameterSpec(
            "verify",
            .strings,
            allowDash: true,
            description: "A command that must succeed where the target has moved, as an array of arguments"
        ),
    ]

    private static func text(_ name: String, _ description: String, required: Bool = false) -> ParameterSpec {
        ParameterSpec(name, .string(pattern: nil, choices: []), required: required, description: description)
    }

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
