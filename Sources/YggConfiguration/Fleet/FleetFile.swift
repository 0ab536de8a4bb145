package import YggCore

/// What `fleet.yaml` says: which machines there are, and what runs on each.
///
/// An inventory for whoever deploys. No server reads it: each machine is given a `yggdrasil.yaml` made from its entry.
package struct FleetFile: Sendable, Hashable {
    package let registry: FleetRegistry
    /// Of the images; a version such as `v1.2.0`, or `latest`.
    package let tag: String
    package let coordinator: FleetCoordinator
    /// In the order in which they are brought up to date.
    package let machines: [FleetMachine]
    /// The machine that goes first; the others follow only where it went well.
    package let canary: ExecutorID

    /// Reads and checks the file at `path`.
    package static func load(_ path: String) throws(ConfigurationError) -> FleetFile {
        try FleetFile(text: YAMLFile.text(of: path), path: path)
    }

    /// - Parameter path: for complaints.
    package init(text: String, path: String) throws(ConfigurationError) {
        let tree: YAMLTree
        do throws(YAMLError) {
            tree = try YAMLTree(parsing: text)
        } catch {
            throw ConfigurationError(file: path, line: error.place?.line, error.reason)
        }
        do throws(InvalidInput) {
            try self.init(tree.root)
        } catch {
            throw ConfigurationError(error, in: path, tree)
        }
    }

    /// - Throws: everything that is wrong with it, at once.
    init(_ json: JSON) throws(InvalidInput) {
        var reader = try ObjectReader(json)
        let registry = reader.read("registry", .registry)
        let tag = reader.read("tag", .tag) ?? "latest"
        let canary = reader.read("canary", .executorID)
        let coordinator = reader.nested("coordinator") { (entry: inout ObjectReader) throws(InvalidInput) in
            try FleetCoordinator(reading: &entry, registry: registry)
        }
        // Where the coordinator's own entry is wrong the machines are looked at all the same.
        let url = coordinator?.url ?? "http://coordinator.invalid:\(SettingKey.defaultCoordinatorPort)"
        let machines = reader.list("machines") { (machine: inout ObjectReader) throws(InvalidInput) in
            try FleetMachine(reading: &machine, coordinator: url)
        }
        reader.refuseRepeated("name", in: "machines")
        for key in ["coordinator", "machines"] where reader.object[key] == nil { reader.complain(key, "is required") }
        if machines?.isEmpty == true, reader.issues.isEmpty { reader.complain("machines", "must name at least one") }
        if reader.issues.isEmpty, let coordinator, let machines {
            reader.refuseUnknown(coordinator.machine, at: "coordinator/machine", among: machines)
            if let canary { reader.refuseUnknown(canary, at: "canary", among: machines) }
            reader.refuseNeighbours(machines, coordinator)
        }
        try reader.finish()
        guard let coordinator, let machines, let first = machines.first else { throw InvalidInput("", "is no fleet") }
        self.registry = registry ?? .local
        self.tag = tag
        self.coordinator = coordinator
        self.machines = machines
        self.canary = canary ?? first.name
    }

    /// How the coordinator's machine is reached.
    var coordinatorSSH: String {
        machines.first { $0.name == coordinator.machine }?.ssh ?? coordinator.machine.rawValue
    }
}

extension ObjectReader {
    fileprivate mutating func refuseUnknown(_ name: ExecutorID, at key: String, among machines: [FleetMachine]) {
        guard !machines.contains(where: { $0.name == name }) else { return }
        let names = machines.map(\.name.rawValue)
        let hint = nearest(to: name.rawValue, among: names).map { "did you mean \"\($0)\"?" }
        adopt(
            InvalidInput(
                "\(pointer)/\(key)",
                "\"\(name)\" is none of the machines; \(hint ?? "they are \(names.joined(separator: ", "))")"
            )
        )
    }

    /// What two containers on one machine cannot share: a port, and a directory that is labelled for one of them alone.
    fileprivate mutating func refuseNeighbours(_ machines: [FleetMachine], _ coordinator: FleetCoordinator) {
        for (index, machine) in machines.enumerated() {
            for earlier in machines[..<index] where earlier.ssh == machine.ssh {
                if machine.port == earlier.port, machine.port != 0 {
                    complain("machines", at: index, "has port \(machine.port), as \(earlier.name) on the same machine")
                }
                if let keys = machine.keys, keys == earlier.keys {
                    complain(
                        "machines",
                        at: index,
                        "has the keys of \(earlier.name) on the same machine; give it a directory of its own"
                    )
                }
            }
            if machine.port == coordinator.port, machine.port != 0,
                machines.first(where: { $0.name == coordinator.machine })?.ssh == machine.ssh
            {
                complain("machines", at: index, "has port \(machine.port), as the coordinator on the same machine")
            }
        }
    }
}
