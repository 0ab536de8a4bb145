import FoundationEssentials
import Testing
import YggCore

@testable import YggConfiguration

@Suite("The inventory of a fleet")
struct FleetFileTests {
    private static let start = """
        coordinator: {machine: surtr, url: "http://surtr:5080"}
        machines:
          - {name: surtr, handlers: [llm]}

        """

    private func json(_ text: String) throws -> JSON { .object(try FleetFile(text: text, path: "fleet.yaml").json) }

    @Test func `what is left out has its default, and every machine its configuration`() throws {
        let fleet = try json(Self.start)
        #expect(fleet["registry"] == ["name": "localhost:5000", "url": "http://localhost:5000", "plainHttp": true])
        #expect(fleet["tag"] == "latest" && fleet["canary"] == "surtr")
        #expect(fleet["coordinator"]?["ssh"] == "surtr" && fleet["coordinator"]?["port"] == 5080)
        #expect(
            fleet["coordinator"]?["yggdrasil"]
                == [
                    "coordinator": ["host": "0.0.0.0", "port": 5080, "publicUrl": "http://surtr:5080"],
                    "auth": ["loopback": "required"],
                ]
        )
        let machine = try #require(fleet["machines"]?.arrayValue?.first)
        #expect(machine["ssh"] == "surtr" && machine["image"] == "executor" && machine["gpu"] == "none")
        #expect(machine["yggdrasil"]?["auth"] == ["loopback": "required"])
        #expect(machine["memory"] == nil && machine["mounts"] == [] && machine["drainTimeoutMs"] == 30_000)
        #expect(
            machine["yggdrasil"]?["executor"]
                == [
                    "id": "surtr", "coordinator": "http://surtr:5080", "port": 5002, "handlers": ["llm", "bench-noop"],
                    "slots": ["default": 4], "labels": [:], "workspaceRoot": "/workspace",
                    "repositories": ["/workspace"],
                ]
        )
    }

    @Test func `what an entry says goes into the configuration that is made from it`() throws {
        let fleet = try json(
            """
            registry: "http://surtr:5000/house"
            coordinator:
              machine: fenrir
              url: "http://surtr:6080"
              config: {coordinator: {host: tailscale0, retention: {age: 90d}}, timeZone: Europe/Berlin}
            machines:
              - name: fenrir
                ssh: odin@fenrir
                image: code-agent
                labels: {cores: 16}
                mounts: ["/srv/git:/srv/git", "~/src//x/.:/srv/x/:ro,Z"]
                memory: 3GiB
                cpus: 1.5
                environment: {OLLAMA_HOST: "http://surtr:11434", JOBS: 2}
                config: {auth: {loopback: open}, executor: {drainTimeout: 2m}, models: {default: "ollama/qwen2.5-coder:7b"}}
            """
        )
        let coordinator = fleet["coordinator"]?["yggdrasil"]
        #expect(fleet["coordinator"]?["port"] == 6080 && fleet["coordinator"]?["ssh"] == "odin@fenrir")
        #expect(coordinator?["coordinator"]?["host"] == "tailscale0")
        #expect(coordinator?["coordinator"]?["publicUrl"] == "http://surtr:6080")
        #expect(coordinator?["coordinator"]?["registry"]?["url"] == "http://surtr:5000/house")
        #expect(
            coordinator?["coordinator"]?["retention"]?["age"] == "90d" && coordinator?["timeZone"] == "Europe/Berlin"
        )
        let machine = try #require(fleet["machines"]?.arrayValue?.first)
        #expect(machine["port"] == 5001 && machine["handlers"] == ["code"] && machine["drainTimeoutMs"] == 120_000)
        #expect(machine["memory"] == .int(3 << 30) && machine["cpus"] == .double(1.5))
        #expect(machine["environment"] == ["OLLAMA_HOST": "http://surtr:11434", "JOBS": "2"])
        #expect(
            machine["mounts"] == [
                ["source": "/srv/git", "target": "/srv/git", "options": "z"],
                ["source": "~/src/x", "target": "/srv/x", "options": "ro,Z"],
            ]
        )
        let executor = machine["yggdrasil"]?["executor"]
        #expect(executor?["repositories"] == ["/workspace", "/srv/git"] && executor?["labels"] == ["cores": "16"])
        #expect(executor?["drainTimeout"] == "2m")
        #expect(machine["yggdrasil"]?["auth"] == ["loopback": "open"])
        #expect(machine["yggdrasil"]?["models"]?["default"] == "ollama/qwen2.5-coder:7b")
    }

    @Test(arguments: [
        ("http://surtr:5000", "surtr:5000", true), ("https://surtr", "surtr", false),
        ("surtr:5000", "surtr:5000", false),
        ("localhost:5000", "localhost:5000", true),
        ("registry.example.org/house/", "registry.example.org/house", false),
    ])
    func `a registry is named with or without its scheme`(_ text: String, _ name: String, _ isPlain: Bool) throws {
        let registry = try FleetFile(text: "registry: \"\(text)\"\n\(Self.start)", path: "fleet.yaml").registry
        #expect(registry == FleetRegistry(name: name, isPlainHTTP: isPlain))
    }

    static let refused: [(String, String)] = [
        ("machines: []", "fleet.yaml:1: coordinator: is required"),
        (
            "coordinator: {machine: sutr, url: \"http://s:1\"}\nmachines: [{name: surtr}]",
            "fleet.yaml:1: coordinator.machine: \"sutr\" is none of the machines; did you mean \"surtr\"?"
        ),
        (
            "\(start)canary: huginn",
            "fleet.yaml:4: canary: \"huginn\" is none of the machines; they are surtr"
        ),
        ("\(start)  - {name: surtr}", "fleet.yaml:4: machines[1].name: \"surtr\" is the name of machines[0] already"),
        (
            "\(start)  - {name: muninn, ssh: surtr}",
            "fleet.yaml:4: machines[1]: has port 5002, as surtr on the same machine"
        ),
        ("\(start)  - {name: x, handlers: [ops], slots: {default: -1}}", "must be from 0 to 10000, not -1"),
        ("\(start)  - {name: x, ssh: \"-oProxyCommand=x\"}", "must be local, or where ssh goes, such as odin@surtr"),
        ("\(start)  - {name: coordinator}", "cannot be coordinator"),
        ("\(start)  - {name: x, mounts: [\"/home/odin:/srv/x\"]}", "is a whole home"),
        ("\(start)  - {name: x, mounts: [\"/var/home/odin/:/srv/x\"]}", "is a whole home"),
        ("\(start)  - {name: x, mounts: [\"/home/odin/.:/srv/x\"]}", "is a whole home"),
        ("\(start)  - {name: x, mounts: [\"/home//odin:/srv/x\"]}", "is a whole home"),
        ("\(start)  - {name: x, mounts: [\"/./var/home:/srv/x\"]}", "is a whole home"),
        ("\(start)  - {name: x, mounts: [\"~/.:/srv/x\"]}", "is a whole home"),
        ("\(start)  - {name: x, mounts: [\"//:/srv/x\"]}", "is a whole home"),
        (
            "\(start)  - {name: x, mounts: [\"~/src/..:/srv/x\"]}",
            "must be an absolute path, or one that begins with ~/"
        ),
        ("\(start)  - {name: x, mounts: [\"./~/src:/srv/x\"]}", "must be an absolute path, or one that begins with ~/"),
        ("\(start)  - {name: x, keys: ~/.ssh}", "belongs to the host's own ssh"),
        ("\(start)  - {name: x, keys: ~/./.ssh/.}", "belongs to the host's own ssh"),
        ("\(start)  - {name: x, mounts: [\"/srv/a:/data\"]}", "/data is the container's own"),
        ("\(start)  - {name: x, mounts: [\"/srv/a://data/.\"]}", "/data is the container's own"),
        ("\(start)  - {name: x, mounts: [\"/srv/a:/srv/a:exec\"]}", "has the option \"exec\""),
        ("\(start)  - {name: x, environment: {GITHUB_TOKEN: y}}", "put it into the file that environmentFile names"),
        ("\(start)  - {name: x, options: [--privileged --x]}", "must be one option of podman run"),
        ("\(start)  - {name: x, gpu: some}", "must be none, all, or a device such as nvidia.com/gpu=0"),
        (
            "\(start)  - name: x\n    config:\n      executor:\n        port: 7",
            "fleet.yaml:7: machines[1].config.executor.port: is what port of the entry itself says"
        ),
        (
            "\(start)  - name: x\n    config:\n      executor:\n        drainTimout: 7s",
            "fleet.yaml:7: machines[1].config.executor.drainTimout: is not known; did you mean \"drainTimeout\"?"
        ),
    ]

    @Test(arguments: refused)
    func `what cannot be is refused with its line`(_ text: String, _ complaint: String) {
        let error = #expect(throws: ConfigurationError.self) { try FleetFile(text: text, path: "fleet.yaml") }
        #expect(error?.description.contains(complaint) == true, "\(error?.description ?? "")")
    }

    @Test func `the example is good, and each machine's configuration is one`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let fleet = JSON.object(try FleetFile.load("/\(root)/docs/fleet.example.yaml").json)
        let machines = try #require(fleet["machines"]?.arrayValue)
        #expect(machines.compactMap { $0["name"]?.stringValue } == ["fenrir", "surtr", "code-agent", "huginn"])
        for entry in machines + [fleet["coordinator"] ?? .null] {
            let text = try #require(entry["yggdrasil"]).text
            _ = try LoadedConfiguration(text: text, path: "yggdrasil.yaml")
        }
    }

    /// Which keys there are is told by the complaint about one that nobody knows.
    @Test func `the example and the page have every key`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        func read(_ path: String) throws -> String {
            String(decoding: try #require(FileManager.default.contents(atPath: "/\(root)/\(path)")), as: UTF8.self)
        }
        let example = try YAMLTree(parsing: try read("docs/fleet.example.yaml")).root
        let page = try read("docs/deploy.md")
        let strange = "qqqqqqqqqqqqqqqqqqqqqqqq"
        for (text, written) in [
            ("\(Self.start)\(strange): 1", example.objectValue?.keys ?? []),
            ("coordinator: {machine: x, url: \"http://x\", \(strange): 1}", []),
            (
                "\(Self.start)  - {name: x, \(strange): 1}",
                example["machines"]?.arrayValue?.flatMap { $0.objectValue?.keys ?? [] } ?? []
            ),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try FleetFile(text: text, path: "f.yaml") }
            let said = try #require(error?.description.firstMatch(of: /allowed are (.*)/)).1
            for key in said.split(separator: "\n")[0].split(separator: ", ") {
                #expect(written.isEmpty || written.contains(String(key)), "\(key) is not in the example")
                #expect(page.contains("\(key)`") || page.contains("`\(key)[]"), "\(key) is not on the page")
            }
        }
    }
}
