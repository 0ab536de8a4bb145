import FoundationEssentials
import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(2)))
struct AnsibleTests {
    /// A collection of playbooks, with a neighbour that none of its business.
    private static func with(_ body: (Scene, MachineAccess) async throws -> Void) async throws {
        try await Scene.with { scene in
            try await scene.script(
                """
                mkdir -p ansible/plays private
                cat > ansible/plays/site.yml <<'END'
                - hosts: all
                  gather_facts: false
                  tasks:
                    - {name: Say it, ansible.builtin.debug: {msg: "greeting is {{ greeting | default('none') }}"}, tags: [say]}
                    - {name: Make it, ansible.builtin.file: {path: "{{ place }}", state: touch, mode: "0600"}, tags: [make]}
                END
                echo '- hosts: all' > private/secret.yml
                ln -s ../private ansible/out
                echo localhost ansible_connection=local > ansible/hosts
                """
            )
            var machine = MachineAccess()
            machine.ansible = MachineAccess.Ansible(root: "\(scene.root)/ansible", inventory: "hosts")
            try await body(scene, machine)
        }
    }

    private static func command(_ machine: MachineAccess, _ params: JSONObject) throws -> [String] {
        let registry = try HandlerRegistry(handlerSets: ["all"], machine: machine)
        let handler = try #require(registry.handler(for: TaskKind(trusted: "ops-ansible")) as? OpsAnsible)
        return try handler.command(try handler.spec.validate(params))
    }

    @Test
    func `every parameter becomes an argument of its own`() async throws {
        try await Self.with { scene, machine in
            let argv = try Self.command(
                machine,
                [
                    "playbook": "plays/site.yml", "limit": "web*:!db", "tags": ["say", "make"], "skipTags": "slow",
                    "extraVars": ["greeting": "-e evil"], "check": true,
                ]
            )
            let root = try #require(LocalFiles.resolve("\(scene.root)/ansible"))
            #expect(
                argv == [
                    "ansible-playbook", "--inventory", "\(root)/hosts", "--check", "--diff", "--limit", "web*:!db",
                    "--tags", "say,make", "--skip-tags", "slow", "--extra-vars", #"{"greeting":"-e evil"}"#, "--",
                    "\(root)/plays/site.yml",
                ]
            )
        }
    }

    @Test(
        arguments: [
            ["playbook": "../private/secret.yml"], ["playbook": "out/secret.yml"], ["playbook": "/etc/passwd"],
            ["playbook": "plays/none.yml"], ["playbook": "plays/site.yml", "inventory": "../private"],
            ["playbook": "plays/site.yml", "inventory": "out"],
            ["playbook": "plays/site.yml", "tags": "a,b"], ["playbook": "plays/site.yml", "skipTags": ["x y"]],
            ["playbook": "plays/site.yml", "extraVars": ["a": "{{ lookup('pipe', 'id') }}"]],
            ["playbook": "plays/site.yml", "extraVars": ["a": [["b": "{% raw %}"]]]],
            ["playbook": "plays/site.yml", "extraVars": ["ansible_connection": "local"]],
            ["playbook": "plays/site.yml", "extraVars": ["a b": 1]],
        ] as [JSONObject]
    )
    func `nothing leads out of the root, and no value is carried out`(params: JSONObject) async throws {
        try await Self.with { scene, machine in
            let result = try await scene.run("ops-ansible", params, machine: machine)
            #expect(result.error?.code == "invalid-params", "\(result)")
        }
    }

    @Test(
        arguments: [
            ["playbook": "-x"], ["playbook": "a", "limit": "-x"], ["playbook": "a", "limit": "@/etc/passwd"],
            ["playbook": "a", "tags": ["-x"]], ["playbook": "a", "inventory": "-x"],
            ["playbook": "a", "extraVars": "@x"],
            [:],
        ] as [JSONObject]
    )
    func `what could be an option or a file is refused by its type`(params: JSONObject) {
        let spec = KindSpec.builtIn(TaskKind(trusted: "ops-ansible"))
        #expect(throws: InvalidInput.self) { try spec?.validate(params) }
    }

    @Test
    func `without Ansible the next step is told`() async throws {
        try await Self.with { scene, machine in
            let registry = try HandlerRegistry(handlerSets: ["all"], machine: machine)
            let handler = try #require(registry.handler(for: TaskKind(trusted: "ops-ansible")))
            let context = scene.context(
                "ops-ansible",
                try handler.spec.validate(["playbook": "plays/site.yml"]),
                environment: ["PATH": "/nowhere", "HOME": scene.root]
            )
            let result = await handler.run(context)
            #expect(result.error?.code == "missing-command")
            #expect(result.error?.detail.contains(#"--build-arg EXTRA_PACKAGES="ansible""#) == true)
        }
    }

    @Test
    func `a command that an image lacks is a package of its next build`() {
        #expect(
            howToGet("/usr/bin/cargo", image: "executor")
                == #"Build the image with --build-arg EXTRA_PACKAGES="cargo"."#
        )
        #expect(howToGet("pytest", image: "executor").contains(#""python3-pytest""#))
        #expect(howToGet("frobnicate", image: "executor").contains(#""frobnicate""#))
        #expect(howToGet("pytest", image: nil).contains("apt-get install"))
        #expect(howToGet("frobnicate", image: nil).contains("PATH"))
    }

    @Test
    func `the recap is read`() {
        let text = """
            TASK [x] ***
            PLAY RECAP *********************************************************************
            huginn                     : ok=2    changed=1    unreachable=0    failed=0    skipped=0    rescued=0
            surtr                      : ok=0    changed=0    unreachable=1    failed=0    skipped=0    rescued=0

            """
        let hosts = HostRecap.parse(text)
        #expect(hosts.map(\.name) == ["huginn", "surtr"])
        #expect(hosts.map(\.unreachable) == [0, 1])
        #expect(HostRecap.summary(hosts, isCheck: false) == "1 changed on 2 hosts")
        #expect(HostRecap.parse("nothing of it").isEmpty)
        let absurd = "PLAY RECAP\na : ok=1 changed=\(Int64.max)\nb : ok=1 changed=1\nc : ok=\(Int64.min)\n"
        #expect(HostRecap.summary(HostRecap.parse(absurd), isCheck: false) == "1 changed on 2 hosts")
    }

    /// The folder of a real `ansible-playbook`: beside the python of the third-party peers. Without it in `full` the test
    /// fails.
    private static var peers: String? {
        ProcessInfo.processInfo.environment["YGG_TEST_PYTHON"]
            .flatMap { python in python.lastIndex(of: "/").map { String(python[..<$0]) } }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["TEST_PROFILE"] == "full"))
    func `a real playbook is checked, played and limited`() async throws {
        let folder = try #require(Self.peers, "run scripts/test.sh: it installs the third-party peers")
        try await Self.with { scene, machine in
            // Which python modules run with is the inventory's to say: a machine may have more than one.
            try await scene.script(
                """
                mkdir -p bin && ln -s '\(folder)/ansible-playbook' bin/ansible-playbook
                echo "localhost ansible_connection=local ansible_python_interpreter=\(folder)/python" > ansible/hosts
                """
            )
            var params: JSONObject = [
                "playbook": "plays/site.yml",
                "extraVars": ["place": .string("\(scene.root)/made"), "greeting": "good day"],
            ]
            params.append("check", true)
            let checked = try await scene.run("ops-ansible", params, machine: machine)
            #expect(checked.outcome == .succeeded, "\(checked) \(scene.text(.output))")
            #expect(!scene.exists("made") && scene.text(.output).contains("greeting is good day"))
            params["check"] = false
            let played = try await scene.run("ops-ansible", params, machine: machine)
            #expect(played.outcome == .succeeded && scene.exists("made"))
            #expect(played.result["hosts"]?["localhost"]?["changed"] == 1)
            #expect(played.result["summary"] == "1 changed on localhost")
            params["tags"] = ["say"]
            let said = try await scene.run("ops-ansible", params, machine: machine)
            #expect(said.result["hosts"]?["localhost"]?["ok"] == 1)
            params["tags"] = ["make"]
            params["extraVars"] = ["place": "/nowhere/at/all"]
            let failed = try await scene.run("ops-ansible", params, machine: machine)
            #expect(failed.outcome == .failed && failed.error?.detail == "The playbook failed on localhost.")
            #expect(failed.result["hosts"]?["localhost"]?["failed"] == 1)
        }
    }
}
