import Testing
import YggCore

@testable import YggConfiguration

@Suite("Flag, environment, file, default")
struct ResolvedSettingsTests {
    private func resolve(
        role: Role = .up,
        flags: [SettingKey: String] = [:],
        _ environment: [String: String] = [:],
        file: String? = nil,
        isRoot: Bool = false
    ) throws -> ResolvedSettings {
        try ResolvedSettings.resolve(
            role: role,
            flags: flags,
            environment: ["HOME": "/home/odin"].merging(environment) { $1 },
            file: try file.map { try LoadedConfiguration(text: $0, path: "/etc/f.yaml") },
            currentDirectory: "/work",
            isRoot: isRoot
        )
    }

    @Test func `what comes first in the order counts, and is named`() throws {
        let file = "# a comment\ncoordinator:\n  port: 3\n"
        let flag = try resolve(flags: [.coordinatorPort: "1"], ["YGG_PORT": "2"], file: file)
        #expect(flag.coordinatorPort == 1 && flag.origin(of: .coordinatorPort) == .flag("--port"))
        let variable = try resolve(["YGG_PORT": "2"], file: file)
        #expect(variable.coordinatorPort == 2 && variable.origin(of: .coordinatorPort) == .environment("YGG_PORT"))
        let written = try resolve(file: file)
        #expect(written.coordinatorPort == 3)
        #expect(written.origin(of: .coordinatorPort).description == "/etc/f.yaml:3")
        let none = try resolve(["YGG_PORT": ""])
        #expect(none.coordinatorPort == 5080 && none.origin(of: .coordinatorPort) == .fallback)
    }

    @Test func `defaults of a user`() throws {
        let settings = try resolve()
        #expect(settings.dataDirectory == "/home/odin/.local/state/yggdrasil")
        #expect(settings.logDirectory == "/home/odin/.local/state/yggdrasil/logs")
        #expect(settings.workspaceRoot == "/home/odin/.local/state/yggdrasil/workspace")
        #expect(settings.repositories == ["/"])
        #expect(settings.executorID?.rawValue == "local")
        #expect(settings.executorPort == 5002 && settings.coordinatorHost == "127.0.0.1")
        #expect(settings.slots == Slots(["default": 4]) && settings.window == 12)
        #expect(settings.handlers == .all && settings.labels.isEmpty)
        #expect(settings.leaseTTL == .seconds(15) && settings.drainTimeout == .seconds(30))
        #expect(settings.logLevel == .info && settings.token == nil)
        #expect(settings.coordinatorURL == "http://127.0.0.1:5080")
    }

    @Test func `the data directory is the state home's, or the machine's for root`() throws {
        #expect(try resolve(["XDG_STATE_HOME": "/state"]).dataDirectory == "/state/yggdrasil")
        #expect(try resolve(["XDG_STATE_HOME": "relative"]).dataDirectory == "/home/odin/.local/state/yggdrasil")
        #expect(try resolve(["XDG_STATE_HOME": "/state"], isRoot: true).dataDirectory == "/var/lib/yggdrasil")
        #expect(try resolve(flags: [.dataDirectory: "./d"]).dataDirectory == "/work/d")
        #expect(try resolve(flags: [.dataDirectory: "d"]).logDirectory == "/work/d/logs")
        let error = #expect(throws: ConfigurationError.self) { try resolve(["HOME": ""]) }
        #expect(error?.description == "YGG_DATA_DIR: must be set, because there is no HOME to put the data in")
        #expect(try resolve(role: .client, ["HOME": ""]).coordinatorURL == "http://127.0.0.1:5080")
    }

    @Test func `an executor of its own has one server, and needs a name`() throws {
        let flag = try resolve(role: .executor, flags: [.executorPort: "1"], ["YGG_EXECUTOR_PORT": "2"])
        #expect(flag.executorPort == 1 && flag.origin(of: .executorPort) == .flag("--port"))
        #expect(try resolve(role: .executor, ["YGG_PORT": "3"]).executorPort == 3)
        #expect(try resolve(role: .executor, ["YGG_PORT": "3", "YGG_EXECUTOR_PORT": "2"]).executorPort == 2)
        #expect(try resolve(role: .up, ["YGG_PORT": "3"]).executorPort == 5002)
        #expect(try resolve(role: .executor).executorID == nil)
        #expect(try resolve(role: .executor).repositories == ["/home/odin/.local/state/yggdrasil/workspace"])
    }

    @Test func `LOG_LEVEL counts where YGG_LOG_LEVEL says nothing, in any spelling`() throws {
        #expect(try resolve(["LOG_LEVEL": "WARN"]).logLevel == .warning)
        let both = try resolve(["LOG_LEVEL": "debug", "YGG_LOG_LEVEL": "error"])
        #expect(both.logLevel == .error && both.origin(of: .logLevel) == .environment("YGG_LOG_LEVEL"))
    }

    @Test func `text says what the file says`() throws {
        let settings = try resolve([
            "YGG_HANDLERS": "ops, git-log", "YGG_SLOTS": "gpu=1", "YGG_LABELS": "arch=arm64, room=cellar",
            "YGG_DRAIN_TIMEOUT": "2m", "YGG_HOST": "tailscale0", "YGG_COORDINATOR": "http://surtr:5080/",
        ])
        #expect(settings.handlers == .only(["ops", "git-log"]))
        #expect(settings.slots == Slots(["default": 4, "gpu": 1]))
        #expect(settings.labels == ["arch": "arm64", "room": "cellar"])
        #expect(settings.drainTimeout == .minutes(2))
        #expect(settings.coordinatorHost == "tailscale0" && settings.executorHost == "tailscale0")
        #expect(settings.coordinatorURL == "http://surtr:5080")
        #expect(try resolve(flags: [.slots: "8"]).window == 16)
    }

    @Test func `relative paths in the file are relative to it`() throws {
        let settings = try resolve(file: "executor: {workspaceRoot: w, repositories: [w, ~/src, /srv]}")
        #expect(settings.workspaceRoot == "/etc/w")
        #expect(settings.repositories == ["/etc/w", "/home/odin/src", "/srv"])
    }

    @Test func `without a word there is Ollama on this machine`() throws {
        let settings = try resolve()
        #expect(settings.defaultModel == "ollama/qwen2.5-coder:3b")
        #expect(settings.modelProviders.map(\.name) == ["ollama"])
        #expect(try ollama(settings)?.url == "http://localhost:11434")
        #expect(try ollama(resolve(["OLLAMA_HOST": "surtr:1234"]))?.url == "surtr:1234")
    }

    @Test func `providers are those of the file, Ollama's address that of its variable`() throws {
        let file = """
            models:
              default: demo/any
              providers:
                ollama: {type: ollama, url: "http://surtr:11434", parallel: 2, timers: {firstToken: 1m}}
                demo: {type: scripted, file: demo.yaml}
            """
        let written = try resolve(file: file)
        #expect(written.origin(of: .defaultModel).description == "/etc/f.yaml:2")
        #expect(written.origin(of: .ollamaHost).description == "/etc/f.yaml:4")
        #expect(try ollama(written)?.url == "http://surtr:11434")
        #expect(try ollama(written)?.parallel == 2)
        #expect(try ollama(written)?.timers.firstToken == .minutes(1))
        #expect(written.modelProviders.last?.service == .scripted(file: "/etc/demo.yaml"))
        #expect(written.entries.first { $0.name == "models.providers" }?.value == "ollama=ollama, demo=scripted")
        let set = try resolve(["OLLAMA_HOST": "0.0.0.0", "AGENT_MODEL": "ollama/a", "YGG_MODEL": "b"], file: file)
        #expect(try ollama(set)?.url == "0.0.0.0")
        #expect(set.defaultModel == "b" && set.origin(of: .defaultModel) == .environment("YGG_MODEL"))
        #expect(try resolve(["AGENT_MODEL": "ollama/a"], file: file).defaultModel == "ollama/a")
    }

    @Test func `a default of a provider that nobody named is refused, wherever it comes from`() throws {
        let file = "models: {providers: {demo: {type: scripted, file: demo.yaml}}}"
        let unsaid = #expect(throws: ConfigurationError.self) { try resolve(file: file) }
        #expect(unsaid?.description.hasPrefix("models.default: must be said: ") == true)
        let set = #expect(throws: ConfigurationError.self) { try resolve(["YGG_MODEL": "dema/x"], file: file) }
        #expect(
            set?.description
                == "YGG_MODEL: names the provider dema, which is not under models.providers; did you mean \"demo\"?"
        )
        #expect(throws: Never.self) { try resolve(role: .coordinator, file: file) }
        #expect(throws: Never.self) { try resolve(["YGG_MODEL": "demo/x"], file: file) }
    }

    private func ollama(_ settings: ResolvedSettings) throws -> OllamaEntry? {
        for case .ollama(let entry) in settings.modelProviders.map(\.service) { return entry }
        return nil
    }

    @Test func `everything that is wrong is said at once`() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try resolve(
                flags: [.coordinatorPort: "http"],
                [
                    "YGG_EXECUTOR_PORT": "65536", "YGG_SLOTS": "many", "YGG_LABELS": "arch", "YGG_TOKEN": "two words",
                    "YGG_LOG_LEVEL": "loud", "YGG_HANDLERS": "OPS", "YGG_DRAIN_TIMEOUT": "30",
                ]
            )
        }
        #expect(
            error?.description == """
                YGG_TOKEN: must consist of visible ASCII characters without spaces
                YGG_LOG_LEVEL: must be one of trace, debug, info, notice, warning, error, critical, not "loud"
                --port: must be a port from 0 to 65535, not "http"
                YGG_EXECUTOR_PORT: must be a port from 0 to 65535, not "65536"
                YGG_HANDLERS: must be prefixes and kinds such as ops and git-log, or all alone, not "OPS"
                YGG_SLOTS: must be a number, or names and numbers such as default=4,gpu=1, not "many"
                YGG_LABELS: must be names and values such as arch=arm64,gpu=yes, not "arch"
                YGG_DRAIN_TIMEOUT: must be a duration such as 500ms, 30s, 10m, 2h or 7d, not "30"
                """
        )
    }

    @Test func `what a role does not use does not stop it`() throws {
        #expect(throws: Never.self) { try resolve(role: .client, ["YGG_SLOTS": "many"]) }
        #expect(throws: ConfigurationError.self) { try resolve(role: .client, ["YGG_COORDINATOR": "surtr"]) }
    }

    @Test func `every setting is shown, and of a secret only that it is set`() throws {
        let settings = try resolve(
            ["YGG_TOKEN": "hunter2"],
            file: "routes: [{prefix: ops-, executors: [a], fallback: [b]}]"
        )
        #expect(settings.token == "hunter2")
        #expect(Set(settings.entries.compactMap(\.key)) == Set(SettingKey.allCases))
        #expect(settings.entries.count { $0.value.contains("hunter2") } == 0)
        #expect(settings.entries.first { $0.key == .token }?.value == "set")
        #expect(try resolve().entries.first { $0.key == .token }?.value == "not set")
        let routes = settings.entries.first { $0.name == "routes" }
        #expect(routes?.value == "ops- a|b" && routes?.origin == .file(path: "/etc/f.yaml", line: 1))
        #expect(settings.entries.first { $0.key == .config }?.value == "/etc/f.yaml")
    }
}
