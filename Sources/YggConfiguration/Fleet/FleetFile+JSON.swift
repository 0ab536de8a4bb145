package import YggCore

extension FleetFile {
    /// Everything a deployment needs to know, with the defaults of what was left out: what `ygg config show --file --json`
    /// prints and scripts read.
    package var json: JSONObject {
        [
            "registry": [
                "name": .string(registry.name), "url": .string(registry.url), "plainHttp": .bool(registry.isPlainHTTP),
            ],
            "tag": .string(tag),
            "canary": .string(canary.rawValue),
            "coordinator": .object(coordinator.json(ssh: coordinatorSSH)),
            "machines": .array(machines.map { .object($0.json) }),
        ]
    }
}

extension FleetCoordinator {
    fileprivate func json(ssh: String) -> JSONObject {
        var object: JSONObject = [
            "name": "coordinator", "machine": .string(machine.rawValue), "ssh": .string(ssh), "image": "coordinator",
            "url": .string(url), "port": .int(Int64(port)), "gpu": "none",
            "drainTimeoutMs": .int(SettingKey.defaultDrainTimeout.rawValue),
        ]
        container.write(to: &object)
        object.append("yggdrasil", .object(yggdrasil))
        return object
    }
}

extension FleetMachine {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "name": .string(name.rawValue), "ssh": .string(ssh), "image": .string(image.rawValue),
            "port": .int(Int64(port)), "handlers": .array(handlers.names.map(JSON.string)), "slots": slots.json,
            "labels": .object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "gpu": .string(gpu), "drainTimeoutMs": .int(drainTimeout.rawValue),
        ]
        object.append("keys", .optional(keys))
        container.write(to: &object)
        object.append("yggdrasil", .object(yggdrasil))
        return object
    }
}
