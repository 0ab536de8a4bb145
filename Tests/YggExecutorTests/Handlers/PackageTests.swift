import Testing
import YggCore
import YggProcess

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct PackageTests {
    private static func commands(_ manager: PackageManager, via: [String] = []) -> PackageCommands {
        PackageCommands(manager: manager, via: via)
    }

    @Test(arguments: [
        (
            PackageManager.apt,
            "env DEBIAN_FRONTEND=noninteractive apt-get --yes -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300 -o APT::Cmd::Pattern-Only=true install -- jq tmux"
        ),
        (.dnf, "dnf --assumeyes install -- jq tmux"),
        (.rpmOSTree, "rpm-ostree install --idempotent --assumeyes -- jq tmux"),
    ])
    func `each manager is told to install in its own words`(manager: PackageManager, words: String) {
        let argv = Self.commands(manager, via: ["sudo", "-n"]).install(["jq", "tmux"], isDryRun: false)
        #expect(argv.joined(separator: " ") == "sudo -n " + words)
    }

    @Test(arguments: [(PackageManager.apt, "--simulate"), (.dnf, "--assumeno"), (.rpmOSTree, "--dry-run")])
    func `a dry run is one`(manager: PackageManager, option: String) {
        let argv = Self.commands(manager).install(["jq"], isDryRun: true)
        #expect(argv.contains(option) && !argv.contains("--assumeyes"))
    }

    @Test(
        arguments: [
            (.dnf, 1, "Total size: 5.4 k\nOperation aborted.\n", true),
            (.dnf, 1, "After this operation, 2 MiB will be used.\nOperation aborted by the user.\n", true),
            (.dnf, 1, "Ignoring repositories: bad\nOperation aborted.\n", true),
            (.dnf, 1, "No match for argument: nobody\nError: Unable to find a match: nobody\n", false),
            (.dnf, 1, "Error: No packages marked for upgrade.\n", false),
            (.dnf, 1, "Error: Failed to download metadata for repo 'bad': Cannot download repomd.xml\n", false),
            (.dnf, 200, "Operation aborted.\n", false), (.dnf, 1, nil, false),
            (.apt, 1, "Operation aborted.\n", false),
        ] as [(PackageManager, Int32, String?, Bool)]
    )
    func `dnf's no to a dry run is no failure, and its failures are`(
        manager: PackageManager,
        code: Int32,
        said: String?,
        isDone: Bool
    ) {
        #expect(Self.commands(manager).isDryRunDone(.exited(code), said: said) == isDone)
    }

    @Test
    func `upgrades are of everything or of what is named`() {
        #expect(Self.commands(.apt).upgrade([], isDryRun: false)?.last == "upgrade")
        #expect(Self.commands(.apt).upgrade(["jq"], isDryRun: false)?.suffix(3) == ["--only-upgrade", "--", "jq"])
        #expect(Self.commands(.dnf).upgrade(["jq"], isDryRun: false)?.suffix(3) == ["upgrade", "--", "jq"])
        #expect(Self.commands(.rpmOSTree).upgrade([], isDryRun: true) == ["rpm-ostree", "upgrade", "--preview"])
        #expect(Self.commands(.rpmOSTree).upgrade(["jq"], isDryRun: false) == nil)
    }

    @Test(arguments: [
        ("jq", true), ("g++", true), ("python3.11", true), ("libc6:amd64", true), ("jq=1.6-2", true), ("a", true),
        ("-y", false), ("nano-", false), ("/tmp/x.deb", false), ("@core", false), ("lib*", false), ("^lib", false),
        ("a b", false), ("", false), ("$(id)", false), ("jq;id", false), ("../x", false),
    ])
    func `a name is a name and nothing more`(name: String, isName: Bool) {
        #expect(OpsPackages.Work.isName(name) == isName)
    }

    @Test
    func `what changed is told`() {
        let before = InstalledPackage.parse("jq\t1.6\tinstalled\nold\t1\tinstalled\nhalf\t2\tconfig-files\n")
        let after = InstalledPackage.parse("jq\t1.7\tinstalled\nnew\t3\tinstalled\npackage x is not installed\n")
        #expect(before.map(\.name) == ["jq", "old"])
        #expect(
            PackageChange.between(before, after) == [
                PackageChange(name: "jq", from: "1.6", to: "1.7"), PackageChange(name: "new", from: nil, to: "3"),
                PackageChange(name: "old", from: "1", to: nil),
            ]
        )
    }

    /// A machine whose package manager is a script of the scene: it writes down what it was told, and installs into a file.
    private static func machine(_ scene: Scene) async throws -> MachineAccess {
        try await scene.script(
            """
            mkdir -p bin && printf 'jq\\t1.6\\tinstalled\\n' > installed
            cat > bin/dnf <<'END'
            #!/bin/sh
            echo "$@" >> "$HOME/told"
            case " $* " in
            *' --assumeno '*) echo 'Operation aborted.' >&2; exit 1 ;;
            *' tmux '*) printf 'tmux\\t3.3\\tinstalled\\n' >> "$HOME/installed" ;;
            *) echo 'Error: Unable to find a match' >&2; exit 1 ;;
            esac
            END
            cat > bin/rpm <<'END'
            #!/bin/sh
            for last; do :; done
            case $1 in
            -qa) cat "$HOME/installed" ;;
            *) grep "^$last	" "$HOME/installed" || { echo "package $last is not installed"; exit 1; } ;;
            esac
            END
            chmod +x bin/*
            """
        )
        var machine = MachineAccess()
        machine.packages = MachineAccess.Packages(manager: .dnf)
        return machine
    }

    @Test
    func `packages are listed, tried and installed`() async throws {
        try await Scene.with { scene in
            let machine = try await Self.machine(scene)
            let all = try await scene.run("ops-packages", [:], machine: machine)
            #expect(all.outcome == .succeeded && all.result["packages"]?.arrayValue?.first?["name"] == "jq")
            let missing = try await scene.run("ops-packages", ["packages": "tmux"], machine: machine)
            #expect(missing.outcome == .succeeded && missing.result["missing"] == ["tmux"])

            let install: JSONObject = ["action": "install", "packages": "tmux"]
            let tried = try await scene.run(
                "ops-packages",
                ["action": "install", "packages": "tmux", "dryRun": true],
                machine: machine
            )
            #expect(tried.outcome == .succeeded && tried.result["dryRun"] == true)
            #expect(try await scene.script("cat told") == "--assumeno install -- tmux")

            let done = try await scene.run("ops-packages", install, machine: machine)
            #expect(done.outcome == .succeeded)
            #expect(done.result["changed"] == [["name": "tmux", "to": "3.3"]])
            #expect(done.result["summary"] == "1 package changed: tmux")
            let again = try await scene.run(
                "ops-packages",
                ["action": "upgrade", "packages": "none"],
                machine: machine
            )
            #expect(again.outcome == .failed && again.error?.detail.contains("Unable to find a match") == true)
        }
    }

    @Test(
        arguments: [
            (["action": "install"], "say what is to be installed"), (["packages": ["x", "nano-"]], "\"nano-\""),
        ] as [(JSONObject, String)]
    )
    func `what cannot be meant is refused before anything runs`(params: JSONObject, words: String) async throws {
        try await Scene.with { scene in
            let result = try await scene.run("ops-packages", params, machine: try await Self.machine(scene))
            #expect(result.error?.code == "invalid-params" && result.error?.detail.contains(words) == true)
            #expect(!scene.exists("told"))
        }
    }

    @Test
    func `what is shown before it runs is the exact command`() async throws {
        try await Scene.with { scene in
            let registry = try HandlerRegistry(handlerSets: ["all"], machine: try await Self.machine(scene))
            let handler = try #require(registry.handler(for: TaskKind(trusted: "ops-packages")))
            let params = try handler.spec.validate(["action": "install", "packages": "tmux"])
            let result = await handler.plan(scene.context("ops-packages", params))
            #expect(result.question?.shown["argv"] == ["dnf", "--assumeyes", "install", "--", "tmux"])
            #expect(!scene.exists("told"))
        }
    }

    @Test
    func `apt takes a dot for a dot`() async throws {
        try await Scene.with { scene in
            let environment = scene.environment
            guard PackageCommands.installed(environment: environment) == .apt else { return }
            var machine = MachineAccess()
            machine.packages = MachineAccess.Packages()
            let list = try await scene.run("ops-packages", ["packages": "dpkg"], machine: machine)
            #expect(list.outcome == .succeeded && list.result["packages"]?.arrayValue?.first?["name"] == "dpkg")
            let result = try await scene.run(
                "ops-packages",
                ["action": "install", "packages": "dp.g", "dryRun": true],
                machine: machine
            )
            #expect(result.outcome == .failed && result.error?.code == "exit-code")
        }
    }
}
