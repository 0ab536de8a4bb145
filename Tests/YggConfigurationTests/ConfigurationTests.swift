import Testing
import YggCore

@testable import YggConfiguration

@Suite("What a good file says")
struct ConfigurationTests {
    private func load(_ text: String) throws -> Configuration {
        try LoadedConfiguration(text: text, path: "f.yaml").configuration
    }

    @Test func `an empty file is the default`() throws {
        #expect(try load("") == Configuration())
        #expect(Configuration().routes == .standard && !Configuration().routes.areConfigured)
    }

    @Test func `the example of the surface is read`() throws {
        let configuration = try load(
            """
            coordinator: {host: 127.0.0.1, port: 5080,   # host: an address or an interface name (tailscale0)
                           publicUrl: null, leaseTTL: 15s, retention: {age: 30d, size: 2GiB}, registry: {url: "http://surtr:5000"}}
            executor:    {id: huginn, coordinator: "http://surtr:5080", handlers: [ops, power], slots: {default: 4, gpu: 0}, labels: {arch: arm64},
                          workspaceRoot: /workspace, repositories: [/workspace], logDirectory: null, drainTimeout: 30s}
            routes:
              - {prefix: ops-, executors: [huginn], fallback: [surtr], offline: stop}
              - {prefix: code-, executors: [code-agent], offline: continue, lostAfter: 6h}
            executors:
              - {id: huginn, name: Huginn, description: "small and always on", url: "http://huginn.example.ts.net:5002", port: 5002, metadata: {}, drainTimeout: 30s, token: "env:HUGINN_TOKEN"}
            git: {author: {name: Odin, email: odin@example.org}, credentials: "env:GITHUB_TOKEN", host: "https://github.com", defaultRepo: null}
            handlers:
              - kind: ops-sleep
                description: Sleeps; for trying things out
                params:
                  seconds: {type: integer, min: 0, max: 3600, default: 1}
                run: [sleep, "{{seconds}}"]
                timeout: 2h
                retry: {maxAttempts: 3, backoff: 1s}
                slots: {default: 1}
                onLost: requeue
                prefetch: false
                tier: []
            resources: {"gpu@surtr": 1}
            timeZone: Europe/Berlin
            """
        )
        #expect(configuration.coordinator.port == 5080 && configuration.coordinator.leaseTTL == .seconds(15))
        #expect(configuration.coordinator.publicURL == nil)
        #expect(configuration.coordinator.registryURL == "http://surtr:5000")
        #expect(configuration.executor.handlers == .only(["ops", "power"]))
        #expect(configuration.executor.slots == Slots(["default": 4, "gpu": 0]))
        #expect(configuration.routes.areConfigured && configuration.routes.routes.map(\.prefix) == ["code-", "ops-"])
        #expect(configuration.routes.routes[1].fallback == [ExecutorID(trusted: "surtr")])
        #expect(configuration.executors.first?.token == .environment("HUGINN_TOKEN"))
        #expect(configuration.git.author?.email == "odin@example.org")
        #expect(configuration.handlers.first?.argv(params: ["seconds": 5]) == ["sleep", "5"])
        #expect(configuration.resources["gpu@surtr"] == 1)
        #expect(configuration.timeZone == "Europe/Berlin")
    }

    @Test func `a task may name the secrets that its kind or its route allows`() throws {
        let configuration = try load(
            """
            secrets: {token: "env:TOKEN", deploy-key: "file:/etc/key", other: "env:OTHER"}
            routes:
              - {prefix: ops-, executors: [huginn], secrets: [deploy-key]}
            handlers:
              - kind: ops-login
                params: {account: {type: secret, enum: [token], variable: TOKEN}}
                run: [login]
                secrets: {OTHER: other, KEY_FILE: {file: deploy-key}}
            """
        )
        #expect(configuration.secrets.map(\.name) == ["token", "deploy-key", "other"])
        #expect(configuration.secrets.map(\.reference.text) == ["env:TOKEN", "file:/etc/key", "env:OTHER"])
        let kind = try #require(configuration.handlers.first?.spec)
        #expect(
            kind.params.first?.type == .secret(choices: ["token", "deploy-key"], variable: "TOKEN", asFile: false)
        )
        #expect(
            kind.secretUses(params: ["account": "deploy-key"]) == [
                SecretUse(variable: "OTHER", secret: "other"),
                SecretUse(variable: "KEY_FILE", secret: "deploy-key", asFile: true),
                SecretUse(variable: "TOKEN", secret: "deploy-key"),
            ]
        )
        #expect(throws: InvalidInput.self) { try kind.validate(["account": "other"]) }
        // It crosses the wire as it is.
        var reader = ObjectReader(kind.json)
        #expect(try KindSpec(reading: &reader) == kind)
    }

    @Test func `services are entries alone, or entries with how long they may be silent`() throws {
        let entry = "[{id: painter, url: \"http://surtr:7001\", token: \"env:PAINTER_TOKEN\"}]"
        let short = try load("services: \(entry)").services
        let long = try load("services: {ttl: 45s, entries: \(entry)}").services
        #expect(short.entries == long.entries && short.entries.first?.token == .environment("PAINTER_TOKEN"))
        #expect(short.ttl == nil && long.ttl == .seconds(45))
    }

    @Test(
        arguments: [
            ("http://a:1", nil, "http://a:1"), ("http://a", 7, "http://a:7"), ("http://a/", nil, "http://a:5002"),
            ("http://[fd00::1]", 7, "http://[fd00::1]:7"), ("https://a:1/x", 1, "https://a:1/x"),
        ] as [(String, Int?, String)]
    )
    func `a fixed address has a port`(url: String, port: Int?, expected: String) throws {
        let port = port.map { ", port: \($0)" } ?? ""
        let configuration = try load("executors: [{id: a, url: \"\(url)\"\(port)}]")
        #expect(configuration.executors.first?.url == expected)
        #expect(configuration.executors.first?.name == "a")
    }

    @Test func `slots that are not named keep their default`() throws {
        #expect(try load("executor: {slots: {gpu: 1}}").executor.slots == Slots(["default": 4, "gpu": 1]))
    }

    @Test func `a selection takes prefixes and single kinds`() throws {
        let selection = try HandlerSelection(names: ["ops-", "git-log"])
        #expect(selection == .only(["ops", "git-log"]))
        #expect(try HandlerSelection(names: ["all"]) == .all)
    }

    @Test func `sizes are powers of 1024, and come back as they were written`() {
        for text in ["0B", "1B", "1KiB", "1536KiB", "3MiB", "2GiB", "1TiB"] {
            #expect(ByteSize(parsing: text)?.text == text)
        }
        #expect(ByteSize(parsing: "2048MiB")?.text == "2GiB")
        for text in ["", "1", "1GB", "-1B", "1.5GiB", "9999999999GiB", "GiB", " 1B"] {
            #expect(ByteSize(parsing: text) == nil)
        }
    }

    @Test func `a secret is a reference`() {
        #expect(SecretReference("env:A") == .environment("A"))
        #expect(SecretReference("file:/dev/null") == .file("/dev/null"))
        for text in ["s", "env:", "env:A B", "file:relative", ""] { #expect(SecretReference(text) == nil) }
    }
}
