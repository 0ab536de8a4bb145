import FoundationEssentials
import Testing
import YggCore

@testable import YggConfiguration

/// `docs/configuration.md` against the code, in both directions.
@Suite("The configuration's documentation")
struct DocumentationTests {
    private let page: String
    private let example: String

    init() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        func read(_ path: String) throws -> String {
            let data = try #require(FileManager.default.contents(atPath: "/\(root)/\(path)"))
            return String(decoding: data, as: UTF8.self)
        }
        page = try read("docs/configuration.md")
        example = try read("docs/yggdrasil.example.yaml")
    }

    @Test(arguments: SettingKey.allCases)
    func `every setting has its row`(_ key: SettingKey) {
        let setting = key.setting
        let row = [
            setting.flag.map { "`\($0)`" } ?? "–",
            setting.variables.isEmpty ? "–" : setting.variables.map { "`\($0)`" }.joined(separator: ", else "),
            setting.yaml.map { "`\($0)`" } ?? "–", setting.fallback, setting.meaning,
        ]
        #expect(page.split(separator: "\n").contains("| \(row.joined(separator: " | ")) |"[...]))
    }

    @Test func `every variable and flag that is named exists`() {
        let settings = SettingKey.allCases.map(\.setting)
        // Two are not read but set, for the commands of a task; one is an image's, which nobody sets; and one is about the
        // process itself, whatever its settings.
        let others = ["YGG_TASK", "YGG_EPOCH", "YGG_IMAGE", "YGG_WATCHDOG"]
        let variables = Set(settings.flatMap(\.variables) + others)
        let flags = Set(settings.compactMap(\.flag))
        for match in page.matches(of: /\bYGG_[A-Z_]+/) { #expect(variables.contains(String(match.output))) }
        for match in page.matches(of: /`(--[a-z-]+)`/) { #expect(flags.contains(String(match.1))) }
    }

    @Test func `the example is good, and holds every key`() throws {
        let root = try YAMLTree(parsing: example).root
        _ = try LoadedConfiguration(text: example, path: "docs/yggdrasil.example.yaml")
        #expect(keys(of: root) == knownKeys(of: root))
    }

    @Test func `every key has its row, and every row its key`() throws {
        let settings = SettingKey.allCases.compactMap(\.setting.yaml)
            // The one provider that has a name from the start.
            .map { $0.replacing("models.providers.ollama.", with: "models.providers.*.") }
        let rows = page.matches(of: /(?m)^\| `([a-z][A-Za-z.\[\]*]+)` \|/).map { String($0.1) }
        #expect(rows.count == Set(rows).count)
        #expect(Set(rows + settings) == leaves(of: try YAMLTree(parsing: example).root))
    }
}

// MARK: - Keys of a tree, such as `routes[].prefix` and `handlers[].params.*.type`

/// Objects whose keys are a person's own.
private let free: Set = [
    "executor.slots", "executor.labels", "routes[].labels", "executors[].metadata", "handlers[].params",
    "codeKinds[].params", "handlers[].env", "handlers[].slots", "handlers[].secrets", "models.providers", "resources",
    "secrets", "tracker.workspaces[].params", "tracker.rules[].params",
]

/// Those whose values are objects with keys of ours.
private let named: Set = ["codeKinds[].params", "handlers[].params", "models.providers"]

private func children(of value: JSON, at path: String) -> [(path: String, value: JSON)] {
    switch value {
    case .object(let object):
        if free.contains(path) {
            named.contains(path) ? object.members.map { ("\(path).*", $0.value) } : []
        } else {
            object.members.map { (path.isEmpty ? $0.key : "\(path).\($0.key)", $0.value) }
        }
    case .array(let values): values.flatMap { children(of: $0, at: "\(path)[]") }
    default: []
    }
}

private func keys(of value: JSON, at path: String = "") -> Set<String> {
    children(of: value, at: path).reduce(into: []) { keys, child in
        keys.insert(child.path)
        keys.formUnion(YggConfigurationTests.keys(of: child.value, at: child.path))
    }
}

/// Keys that have no keys below them.
private func leaves(of value: JSON) -> Set<String> {
    let all = keys(of: value)
    return all.filter { key in !all.contains { $0.hasPrefix("\(key).") || $0.hasPrefix("\(key)[") } }
}

/// The keys that the code knows wherever `root` has an object: it names them when it meets one it does not know.
private func knownKeys(of root: JSON) -> Set<String> {
    var known: Set<String> = []
    func visit(_ value: JSON, _ path: String, replacing: (JSON) -> JSON) {
        switch value {
        case .array(let values):
            for (index, element) in values.enumerated() {
                visit(element, "\(path)[]") { changed in
                    var copy = values
                    copy[index] = changed
                    return replacing(.array(copy))
                }
            }
        case .object(let object):
            if !free.contains(path) {
                var strange = object
                strange["qqqqqqqqqqqqqqqqqqqqqqqq"] = 1
                for key in namedKeys(replacing(.object(strange))) {
                    known.insert(path.isEmpty ? key : "\(path).\(key)")
                }
            } else if named.contains(path) {
                known.insert("\(path).*")
            }
            for member in object.members where !free.contains(path) || named.contains(path) {
                let below = free.contains(path) ? "\(path).*" : path.isEmpty ? member.key : "\(path).\(member.key)"
                visit(member.value, below) { changed in
                    var copy = object
                    copy[member.key] = changed
                    return replacing(.object(copy))
                }
            }
        default: break
        }
    }
    visit(root, "") { $0 }
    return known
}

private func namedKeys(_ json: JSON) -> [String] {
    do throws(InvalidInput) {
        _ = try Configuration(json)
        return []
    } catch {
        let details = error.issues.map(\.detail).filter { $0.contains("is not known; allowed are ") }
        return details.flatMap {
            $0.dropFirst("is not known; allowed are ".count).split(separator: ", ").map(String.init)
        }
    }
}
