extension KindSpec {
    /// Kinds that act on the machine itself. All but `power-wake` are offered where `MachineAccess` allows them. None is
    /// tried again by itself: nobody knows how far the first try came.
    static let machine: [KindSpec] = [
        KindSpec(
            kind: TaskKind(trusted: "ops-packages"),
            description: "Lists, installs or upgrades packages of the system",
            params: [
                ParameterSpec(
                    "action",
                    .string(pattern: nil, choices: ["list", "install", "upgrade"]),
                    default: "list",
                    description: "What to do"
                ),
                ParameterSpec(
                    "packages",
                    .strings,
                    description: "Their names; none lists or upgrades everything that is installed"
                ),
                ParameterSpec(
                    "refresh",
                    .boolean,
                    default: true,
                    description: "Fetch the package lists first, where the package manager does not by itself"
                ),
                ParameterSpec("dryRun", .boolean, default: false, description: "Only say what would be done"),
            ],
            timeout: .hours(1),
            retry: RetryPolicy(maxAttempts: 1)
        ),
        KindSpec(
            kind: TaskKind(trusted: "ops-ansible"),
            description: "Plays an Ansible playbook of the machine's own collection",
            params: [
                ParameterSpec(
                    "playbook",
                    .string(pattern: nil, choices: []),
                    required: true,
                    description: "Its path inside executor.machine.ansible.root"
                ),
                ParameterSpec(
                    "inventory",
                    .string(pattern: nil, choices: []),
                    description: "A path inside the same root; default executor.machine.ansible.inventory"
                ),
                ParameterSpec(
                    "limit",
                    .string(pattern: "[A-Za-z0-9*!&_.:,\\[\\]-]{1,1024}", choices: []),
                    description: "Only these hosts: a pattern of Ansible"
                ),
                ParameterSpec("tags", .strings, description: "Only what carries one of them"),
                ParameterSpec("skipTags", .strings, description: "Nothing that carries one of them"),
                ParameterSpec("extraVars", .object, description: "Variables of the playbook: values, no templates"),
                ParameterSpec("check", .boolean, default: false, description: "Only say what would change"),
            ],
            timeout: .hours(2),
            retry: RetryPolicy(maxAttempts: 1)
        ),
        KindSpec(
            kind: TaskKind(trusted: "power-wake"),
            description: "Wakes a machine with a magic packet",
            params: [
                ParameterSpec(
                    "mac",
                    .string(pattern: "[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}", choices: []),
                    required: true,
                    description: "The address of its network card, such as 3c:ec:ef:01:02:03"
                )
            ],
            retry: RetryPolicy(maxAttempts: 1)
        ),
        KindSpec(
            kind: TaskKind(trusted: "power-off"),
            description: "Switches the executor's machine off",
            timeout: .minutes(10),
            retry: RetryPolicy(maxAttempts: 1)
        ),
        KindSpec(
            kind: TaskKind(trusted: "power-reboot"),
            description: "Starts the executor's machine anew",
            timeout: .minutes(10),
            retry: RetryPolicy(maxAttempts: 1)
        ),
    ]
}
