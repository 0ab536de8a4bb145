package import YggCore

/// What `yggdrasil.yaml` says: one file for every role, of which each reads its own sections.
///
/// What may also be said by a flag or a variable is optional here, so that `ResolvedSettings` can tell a value from a
/// default. The rest is complete.
package struct Configuration: Sendable, Hashable {
    package var coordinator = CoordinatorSection()
    package var executor = ExecutorSection()
    package var auth = AuthSection()
    package var backup = BackupSection()
    /// The household's standard routes where the file names none.
    package var routes = RouteTable.standard
    /// Who besides handlers and routes asks for a person.
    package var tierRules = TierRules()
    /// Executors with fixed addresses, used while one never registered.
    package var executors: [FixedExecutor] = []
    /// Agents that are not ours.
    package var services = ServicesSection()
    package var git = GitSection()
    package var models = ModelsSection()
    /// Where people write down what is to be done.
    package var tracker = TrackerSection()
    /// Handlers that are declared rather than built in. What their routes allow of secrets is in them.
    package var handlers: [DeclaredKind] = []
    /// Kinds of work on code, beside those that are built in.
    package var codeKinds: [CodeKind] = []
    /// What tasks may be given without anybody seeing it, where it is to be found on an executor's machine, and by which
    /// name it is spoken of.
    package var secrets: [SecretsEntry] = []
    /// Slots of the whole fleet; every name has an `@`.
    package var resources = Slots()
    /// A name of the time zone database; nil means `TZ`, else UTC.
    package var timeZone: String?

    package init() {}

    /// Reads a whole file.
    /// - Throws: everything that is wrong with it, at once.
    package init(_ json: JSON) throws(InvalidInput) {
        var reader = try ObjectReader(json)
        coordinator = reader.nested("coordinator", CoordinatorSection.init(reading:)) ?? coordinator
        executor = reader.nested("executor", ExecutorSection.init(reading:)) ?? executor
        auth = reader.nested("auth", AuthSection.init(reading:)) ?? auth
        backup = reader.nested("backup", BackupSection.init(reading:)) ?? backup
        if let routes = reader.list("routes", Route.init(reading:)) {
            if reader.object["routes"]?.arrayValue?.isEmpty == true {
                reader.complain("routes", "must name at least one route; without the key there are the standard ones")
            }
            self.routes = RouteTable(routes, areConfigured: true)
        }
        reader.refuseRepeated("prefix", in: "routes")
        tierRules = reader.list("tierRules", TierRules.Rule.init(reading:)).map { TierRules($0) } ?? tierRules
        executors = reader.list("executors", FixedExecutor.init(reading:)) ?? executors
        reader.refuseRepeated("id", in: "executors")
        if reader.object["services"]?.arrayValue != nil {
            // The short form: the entries alone.
            services.entries = reader.list("services", KnownService.init(reading:)) ?? []
            reader.refuseRepeated("id", in: "services")
        } else {
            services = reader.nested("services", ServicesSection.init(reading:)) ?? services
        }
        git = reader.nested("git", GitSection.init(reading:)) ?? git
        models = reader.nested("models", ModelsSection.init(reading:)) ?? models
        tracker = reader.nested("tracker", TrackerSection.init(reading:)) ?? tracker
        handlers = reader.list("handlers", DeclaredKind.init(reading:)) ?? handlers
        reader.refuseRepeated("kind", in: "handlers")
        reader.refuseBuiltIn()
        codeKinds = reader.list("codeKinds", CodeKind.init(reading:)) ?? codeKinds
        reader.refuseRepeated("kind", in: "codeKinds")
        reader.refuseCodeKindsAmongHandlers()
        secrets = SecretsEntry.read("secrets", &reader)
        allowSecrets(&reader)
        resources = reader.fleetSlots("resources") ?? resources
        timeZone = reader.read("timeZone", .timeZone)
        try reader.finish()
    }
}

extension ObjectReader {
    /// A declaration does not replace what is built in: a person who reads `git-log` must be able to know what it does.
    fileprivate mutating func refuseBuiltIn() {
        for (index, element) in (object["handlers"]?.arrayValue ?? []).enumerated() {
            guard let kind = element["kind"]?.stringValue.flatMap({ TaskKind($0) }),
                KindSpec.builtIn(kind) != nil || CodeKind.standard(kind) != nil
            else {
                continue
            }
            adopt(InvalidInput("\(path("handlers"))/\(index)/kind", "\(kind) is built in; choose another verb"))
        }
    }

    /// A kind is one or the other.
    fileprivate mutating func refuseCodeKindsAmongHandlers() {
        let kinds = { (key: String, reader: ObjectReader) in
            (reader.object[key]?.arrayValue ?? []).map { $0["kind"]?.stringValue }
        }
        let handlers = Set(kinds("handlers", self).compactMap { $0 })
        for (index, kind) in kinds("codeKinds", self).enumerated() {
            guard let kind, handlers.contains(kind) else { continue }
            adopt(InvalidInput("\(path("codeKinds"))/\(index)/kind", "\(kind) is declared under handlers already"))
        }
    }

    fileprivate mutating func fleetSlots(_ key: String) -> Slots? {
        guard let json = value(key) else { return nil }
        do throws(InvalidInput) {
            let slots = try Slots(json, at: path(key))
            for count in slots.local.counts {
                adopt(
                    InvalidInput(
                        "\(path(key))/\(count.name)",
                        "must contain an @, such as gpu@surtr; slots of one executor are named under executor.slots"
                    )
                )
            }
            return slots
        } catch {
            adopt(error)
            return nil
        }
    }
}
