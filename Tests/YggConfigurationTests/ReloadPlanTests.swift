import FoundationEssentials
import Testing
import YggCore

@testable import YggConfiguration

/// What a reload changes, what it cannot, and that the documentation says which is which.
struct ReloadPlanTests {
    private static func settings(_ yaml: String, role: Role = .up) throws -> ResolvedSettings {
        try ResolvedSettings.resolve(
            role: role,
            flags: [:],
            environment: ["HOME": "/home/freya"],
            file: try LoadedConfiguration(text: yaml, path: "/etc/yggdrasil.yaml"),
            currentDirectory: "/",
            isRoot: false
        )
    }

    private static func plan(_ before: String, _ after: String, role: Role = .up) throws -> ReloadPlan {
        let started = try settings(before, role: role)
        return ReloadPlan(started: started, current: started, wanted: try settings(after, role: role))
    }

    @Test(arguments: [
        ("coordinator: {limits: {batch: 5}}", "coordinator.limits.batch", "1000 → 5"),
        ("executor: {labels: {room: cellar}}", "executor.labels", "none → room=cellar"),
        ("routes: [{prefix: ops-, executors: [a]}]", "routes", "changed ops-; removed"),
        ("tierRules: [{label: careful, tier: [plan]}]", "tierRules", "added 1"),
        ("handlers: [{kind: ops-x, run: [echo]}]", "handlers", "added ops-x"),
        ("codeKinds: [{kind: code-x, prompt: Do it}]", "codeKinds", "added code-x"),
        ("resources: {\"gpu@surtr\": 1}", "resources", "added gpu@surtr"),
        ("secrets: {a: env:A}", "secrets", "added a"),
        ("git: {host: \"https://git.example.org\"}", "git", "changed git"),
        ("executor: {machine: {power: {off: [x]}}}", "executor.machine", "changed machine"),
        ("coordinator: {registry: {url: \"http://r:5000\"}}", "coordinator.registry.url", "added http://r:5000"),
    ])
    func `what may change counts at once`(yaml: String, key: String, detail: String) throws {
        let plan = try Self.plan("", yaml)
        let change = try #require(plan.changed.first { $0.key == key }, "\(plan)")
        #expect(change.detail.hasPrefix(detail), "\(change)")
        #expect(plan.changed.count == 1 || key == "executor.slots")
        #expect(plan.needsRestart.isEmpty)
    }

    @Test(arguments: [
        ("coordinator: {port: 6000}", "coordinator.port"), ("executor: {workspaceRoot: /w}", "executor.workspaceRoot"),
        ("auth: {loopback: required}", "auth.loopback"),
        ("coordinator: {limits: {headers: 8KiB}}", "coordinator.limits.headers"),
        ("executors: [{id: a, url: \"http://a:1\"}]", "executors"),
        ("services: [{id: p, url: \"http://a:1\"}]", "services"),
        ("models: {default: m/x, providers: {m: {type: ollama}}}", "models.providers"),
    ])
    func `what belongs to the process waits for the next start`(yaml: String, key: String) throws {
        let plan = try Self.plan("", yaml)
        #expect(plan.needsRestart.contains { $0.key == key }, "\(plan)")
        #expect(!plan.changed.contains { $0.key == key })
    }

    @Test func `what waits is told with every reload, what counts once`() throws {
        let started = try Self.settings("")
        let wanted = try Self.settings("coordinator: {port: 6000}\nexecutor: {slots: {default: 7}}")
        let first = ReloadPlan(started: started, current: started, wanted: wanted)
        #expect(first.changed.map(\.key) == ["executor.slots", "executor.window"])
        let second = ReloadPlan(started: started, current: wanted, wanted: wanted)
        #expect(second.changed.isEmpty && second.needsRestart.map(\.key) == ["coordinator.port"])
        let back = ReloadPlan(started: started, current: wanted, wanted: started)
        #expect(back.needsRestart.isEmpty && back.changed.count == 2)
        #expect(ReloadPlan(started: started, current: started, wanted: started).isEmpty)
    }

    @Test func `a role is told of its own settings`() throws {
        let yaml =
            "coordinator: {port: 6000}\nroutes: [{prefix: ops-, executors: [a]}]\nexecutor: {id: huginn, slots: {default: 7}}"
        let executor = try Self.plan("executor: {id: huginn}", yaml, role: .executor)
        #expect(executor.changed.map(\.key) == ["executor.slots", "executor.window"] && executor.needsRestart.isEmpty)
        let coordinator = try Self.plan("", yaml, role: .coordinator)
        #expect(coordinator.changed.map(\.key) == ["routes"])
        #expect(coordinator.needsRestart.map(\.key) == ["coordinator.port"])
    }

    @Test func `rules in another order are another rule`() throws {
        let rules = ["{label: a, tier: [plan]}", "{label: b, tier: [review]}"]
        let plan = try Self.plan("tierRules: [\(rules[0]), \(rules[1])]", "tierRules: [\(rules[1]), \(rules[0])]")
        #expect(plan.changed.map(\.key) == ["tierRules"])
    }

    @Test func `the documentation names exactly what counts at once`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let data = try #require(FileManager.default.contents(atPath: "/\(root)/docs/configuration.md"))
        let page = String(decoding: data, as: UTF8.self)
        let section = try #require(page.split(separator: "\n## ").first { $0.hasPrefix("Changing it while it runs") })
        let list = try #require(section.split(separator: "\n\n").first { $0.hasPrefix("At once: ") })
        let named = Set(list.matches(of: /`([A-Za-z.]+)`/).map { String($0.1) })
        let live =
            SettingKey.allCases.filter(\.isLive).map(\.name) + FileSection.allCases.filter(\.isLive).map(\.rawValue)
        #expect(named == Set(live))
    }
}
