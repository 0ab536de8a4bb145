import Foundation
import Testing
import YggCore
import YggProcess

/// What the scripts of deployment say before they touch a machine. With real containers they are run by
/// `scripts/test-containers.sh`.
@Suite("The scripts of deployment", .timeLimit(.minutes(3)))
struct DeployScriptTests {
    private static let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    private static func script(_ name: String, _ arguments: String...) async -> CollectedOutput {
        var environment = cleanEnvironment(from: ProcessInfo.processInfo.environment)
        environment["YGG"] = RunningYgg.binary
        // Nothing may be reached: neither by ssh, nor is there a registry.
        environment["YGG_DEPLOY_SSH"] = "false"
        let argv = ["/\(folder)/scripts/\(name)"] + arguments
        return await collectProcess(ProcessSpec(argv: argv, environment: environment, runTimeout: .seconds(100)))
    }

    private static func inventory(_ directory: String, _ more: String = "") throws -> String {
        let path = "\(directory)/fleet.yaml"
        try """
        registry: "http://127.0.0.1:9"
        tag: v1.2.0
        canary: huginn
        coordinator: {machine: surtr, url: "http://surtr:5080"}
        machines:
          - {name: surtr, ssh: odin@surtr, image: code-agent, gpu: all, environment: {OLLAMA_HOST: "http://localhost:11434"}}
          - name: huginn
            handlers: [ops]
            cpus: 2
            keys: ~/.config/yggdrasil/ssh
            mounts: ["~/src/household:/srv/household"]
        \(more)
        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `a dry run prints every command, the coordinator first and the canary next, and asks nobody`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let file = try Self.inventory(scratch.path)
        let run = await Self.script("deploy-executors.sh", "--dry-run", "--file", file)
        #expect(run.outcome.succeeded, "\(run.stderr)\(run.stdout)")
        var rest = run.stdout[...]
        for wanted in [
            "odin@surtr$ podman pull -q --tls-verify=false 127.0.0.1:9/yggdrasil-coordinator:v1.2.0",
            "odin@surtr$ podman rename yggdrasil-coordinator yggdrasil-coordinator-previous",
            "odin@surtr$ podman run -d --name yggdrasil-coordinator",
            "odin@surtr$ podman healthcheck run yggdrasil-coordinator",
            "huginn$ podman pull", "ygg token create huginn --role join", "huginn$ podman run --rm -i",
            "ygg executor drain huginn --wait", "huginn$ podman stop -t 60 yggdrasil-huginn",
            "huginn$ podman run -d --name yggdrasil-huginn", "--cpus 2",
            "~/.config/yggdrasil/ssh:/etc/yggdrasil/ssh:ro,Z", "--volume=~/src/household:/srv/household:z",
            "huginn$ podman healthcheck run yggdrasil-huginn", "ygg executor resume huginn",
            "ygg task submit bench-noop", "--label executor=huginn", "podman rm -f yggdrasil-huginn-previous",
            "odin@surtr$ podman run -d --name yggdrasil-surtr", "--health-start-period 10s",
            "--env OLLAMA_HOST=http://localhost:11434", "--device nvidia.com/gpu=all",
            "--security-opt label=disable",
        ] {
            let found = rest.range(of: wanted)
            #expect(found != nil, "\(wanted) is not where it should be in\n\(run.stdout)")
            if let found { rest = rest[found.upperBound...] }
        }
        let one = await Self.script("deploy-executors.sh", "--dry-run", "--file", file, "--only", "surtr")
        #expect(one.outcome.succeeded && !one.stdout.contains("yggdrasil-huginn"), "\(one.stdout)")
    }

    @Test func `what is wrong is said before anything is asked`() async throws {
        let scratch = try ScratchDirectory()
        let file = try Self.inventory(scratch.path)
        for name in ["deploy-executors.sh", "join-machine.sh"] {
            let help = await Self.script(name, "--help")
            #expect(help.outcome.succeeded && help.stdout.contains("usage: scripts/\(name)"))
            #expect(await Self.script(name, "--nonsense").outcome.ending == .exited(2))
        }
        let stranger = await Self.script("deploy-executors.sh", "--file", file, "--only", "muninn")
        #expect(stranger.outcome.ending == .exited(1) && stranger.stderr.contains("It has: coordinator surtr huginn"))
        let joining = await Self.script("join-machine.sh", "muninn", "--file", file)
        #expect(joining.outcome.ending == .exited(1) && joining.stderr.contains("has no machine muninn"))
        let away = await Self.script("deploy-executors.sh", "--file", file)
        #expect(away.outcome.ending == .exited(1) && away.stderr.contains("cannot be reached"), "\(away.stderr)")
        let wrong = try Self.inventory(scratch.path, "  - {name: x, prot: 7}")
        let bad = await Self.script("deploy-executors.sh", "--file", wrong)
        #expect(bad.outcome.ending == .exited(1), "\(bad.stdout)")
        #expect(
            bad.stderr.contains("fleet.yaml:12: machines[2].prot: is not known; did you mean \"port\"?"),
            "\(bad.stderr)"
        )
    }
}
