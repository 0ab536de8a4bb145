import YggCore

/// Decides, setting by setting, which of flag, variable, file and default counts, and remembers which it was.
struct SettingResolver {
    let role: Role
    let flags: [SettingKey: String]
    let environment: [String: String]
    let file: LoadedConfiguration?
    private(set) var entries: [ResolvedSettings.Entry] = []
    private(set) var issues: [ConfigurationError.Issue] = []

    init(role: Role, flags: [SettingKey: String], environment: [String: String], file: LoadedConfiguration?) {
        self.role = role
        self.flags = flags
        self.environment = environment
        self.file = file
    }

    /// The value that counts. Where it is not what it should be, that is noted and the default taken, so that one run
    /// names everything that is wrong.
    mutating func value<Value>(
        _ key: SettingKey,
        _ form: TextForm<Value>,
        file fromFile: Value?,
        default fallback: Value
    ) -> Value {
        var value = fallback
        var origin = Origin.fallback
        // What a role does not use must not stop it: `ygg task list` works however wrong YGG_SLOTS is.
        guard key.setting.roles.contains(role) else { return fromFile ?? fallback }
        if let (text, source, name) = outside(key) {
            origin = source
            do throws(ValueProblem) {
                value = try form.parse(text)
            } catch {
                issues.append(.init(file: nil, line: nil, key: name, detail: error.detail))
            }
        } else if let fromFile, let file {
            value = fromFile
            origin = .file(path: file.path, line: key.setting.yaml.flatMap(file.line(of:)))
        }
        note(key, form.text(value), origin)
        return value
    }

    /// Whether nobody but the default says anything.
    func isUnset(_ key: SettingKey) -> Bool { outside(key) == nil }

    mutating func note(_ key: SettingKey, _ text: String, _ origin: Origin) {
        let isShown = !key.setting.isSecret
        let value = isShown ? text : text.isEmpty ? "not set" : "set"
        entries.append(.init(name: key.name, key: key, value: value, origin: origin))
    }

    mutating func complain(_ key: String, _ detail: String) {
        issues.append(.init(file: nil, line: nil, key: key, detail: detail))
    }

    /// What a flag or a variable says. An empty variable says nothing: that is how compose files leave one out.
    private func outside(_ key: SettingKey) -> (text: String, origin: Origin, name: String)? {
        if let text = flags[key] {
            let name = key.flag(in: role) ?? key.rawValue
            return (text, .flag(name), name)
        }
        for name in key.variables(in: role) {
            if let text = environment[name], !text.isEmpty { return (text, .environment(name), name) }
        }
        return nil
    }

    /// A default whose provider nobody named would only show with the first task. What the file itself says was checked
    /// with it, where the line is known.
    mutating func checkDefaultModel(_ model: String, among models: ModelsSection) {
        guard SettingKey.defaultModel.setting.roles.contains(role), let problem = models.problem(of: model),
            let origin = entries.last(where: { $0.key == .defaultModel })?.origin
        else { return }
        switch origin {
        case .file: break
        case .fallback: complain("models.default", "must be said: the default, \(model), \(problem)")
        case .flag(let name), .environment(let name): complain(name, problem)
        }
    }

    /// The file itself. It was looked for and read before anything could be resolved.
    mutating func noteFile() {
        note(.config, file?.path ?? "", outside(.config)?.origin ?? .fallback)
    }

    /// What the file alone can say, one line a section: how much there is of it, and where it begins.
    mutating func noteSections() {
        guard role != .client else { return }
        let configuration = file?.configuration ?? Configuration()
        let routes = configuration.routes.routes.map { route in
            "\(route.prefix) \((route.executors + route.fallback).map(\.rawValue).joined(separator: "|"))"
        }
        let resources = configuration.resources.counts.map { "\($0.name)=\($0.amount)" }
        for (name, values) in [
            ("routes", routes), ("executors", configuration.executors.map(\.id.rawValue)),
            ("services", configuration.services.entries.map(\.id.rawValue)),
            ("executor.machine", configuration.executor.machine.words),
            ("handlers", configuration.handlers.map(\.spec.kind.rawValue)),
            ("codeKinds", configuration.codeKinds.map(\.kind.rawValue)), ("resources", resources),
            ("tracker.workspaces", configuration.tracker.workspaces.map(\.path)),
            ("tracker.rules", configuration.tracker.rules.isEmpty ? [] : ["\(configuration.tracker.rules.count)"]),
            ("models.providers", configuration.models.providers.map { "\($0.name)=\($0.type)" }),
            ("secrets", configuration.secrets.map { "\($0.name)=\($0.reference.text)" }),
        ] {
            var origin = Origin.fallback
            if let file, let line = file.line(of: name) { origin = .file(path: file.path, line: line) }
            entries.append(.init(name: name, key: nil, value: values.joined(separator: ", "), origin: origin))
        }
    }
}
