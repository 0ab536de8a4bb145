package import YggCore

/// One executor of the fleet, in a container on some machine.
package struct FleetMachine: Sendable, Hashable {
    /// Which image: the plain one, or the one with the coding agent's tools.
    package enum Image: String, Sendable, CaseIterable {
        case executor
        case codeAgent = "code-agent"
    }

    /// The executor's id.
    package let name: ExecutorID
    /// `local`, or where ssh goes.
    package let ssh: String
    package let image: Image
    package let port: Int
    package let handlers: HandlerSelection
    package let slots: Slots
    package let labels: [String: String]
    /// `none`, `all`, or the name of a device as CDI has it.
    package let gpu: String
    /// A directory with ssh keys.
    package let keys: String?
    package let drainTimeout: Milliseconds
    package let container: FleetContainer
    /// Its `yggdrasil.yaml`.
    package let yggdrasil: JSONObject

    /// What every machine offers, so that a deployment can try it.
    private static let probe = "bench-noop"

    /// - Parameter coordinator: its URL.
    init(reading reader: inout ObjectReader, coordinator: String) throws(InvalidInput) {
        let name = try reader.required("name") { $0.read("name", .executorID) }
        let image = reader.choice("image", of: Image.self) ?? .executor
        let port = reader.port("port") ?? (image == .codeAgent ? 5001 : SettingKey.defaultExecutorPort)
        self.name = name
        self.image = image
        self.port = port
        if name.rawValue == "coordinator" || name.rawValue.wholeMatch(of: /[A-Za-z0-9].*/) == nil {
            reader.complain("name", "must begin with a letter or a digit, and cannot be coordinator")
        }
        ssh = reader.read("ssh", .sshTarget) ?? name.rawValue
        gpu = reader.read("gpu", .gpu) ?? "none"
        keys = reader.read("keys", .mountSource)
        container = FleetContainer(reading: &reader)

        var section = ExecutorSection()
        section.readOffer(&reader)
        handlers = section.handlers ?? (image == .codeAgent ? .only(["code"]) : .all)
        slots = section.slots ?? Slots(["default": defaultSlots])
        labels = section.labels ?? [:]
        let offered = handlers.names
        let offersProbe = offered.contains { ["all", "bench", Self.probe].contains($0) }
        let generated: JSONObject = [
            "id": .string(name.rawValue),
            "coordinator": .string(coordinator),
            "port": .int(Int64(port)),
            "handlers": .array((offersProbe ? offered : offered + [Self.probe]).map(JSON.string)),
            "slots": slots.json,
            "labels": .object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "workspaceRoot": "/workspace",
            "repositories": .array(
                (["/workspace"] + container.mounts.filter(\.isWritable).map(\.target)).map(JSON.string)
            ),
        ]
        let own = [
            "id": "name", "coordinator": "the coordinator", "port": "port", "handlers": "handlers", "slots": "slots",
            "labels": "labels",
        ]
        yggdrasil = reader.completed(["executor": .object(generated)], section: "executor", itself: own)
        drainTimeout =
            yggdrasil["executor"]?["drainTimeout"]?.stringValue.flatMap { Milliseconds(parsing: $0) }
            ?? SettingKey.defaultDrainTimeout
    }
}

extension TextForm where Value == String {
    fileprivate static let gpu = TextForm(
        parse: { text throws(ValueProblem) in
            guard text.wholeMatch(of: /none|all|[a-z0-9.-]+\/[a-z0-9_.-]+=[A-Za-z0-9_.:-]+/) != nil else {
                throw ValueProblem(mustBe: "none, all, or a device such as nvidia.com/gpu=0", not: text)
            }
            return text
        },
        text: { $0 }
    )
}
