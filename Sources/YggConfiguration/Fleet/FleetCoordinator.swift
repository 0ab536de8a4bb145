package import YggCore

/// The coordinator of the fleet, in a container on one of its machines.
package struct FleetCoordinator: Sendable, Hashable {
    /// On whose machine it runs.
    package let machine: ExecutorID
    /// How every machine reaches it.
    package let url: String
    package let port: Int
    package let container: FleetContainer
    /// Its `yggdrasil.yaml`.
    package let yggdrasil: JSONObject

    /// - Parameter registry: where somebody said which; its health is the coordinator's to show.
    init(reading reader: inout ObjectReader, registry: FleetRegistry?) throws(InvalidInput) {
        let machine = try reader.required("machine") { $0.read("machine", .executorID) }
        let url = try reader.required("url") { $0.read("url", .url) }
        self.machine = machine
        self.url = url
        let port = reader.port("port") ?? FleetCoordinator.port(of: url)
        self.port = port
        container = FleetContainer(reading: &reader)
        // The health check asks localhost, and the machines another address; a token is asked for on all of them.
        var section: JSONObject = ["host": "0.0.0.0", "port": .int(Int64(port)), "publicUrl": .string(url)]
        section.append("registry", registry.map { ["url": .string($0.url)] })
        yggdrasil = reader.completed(
            ["coordinator": .object(section)],
            section: "coordinator",
            itself: ["port": "port", "publicUrl": "url"]
        )
    }

    private static func port(of url: String) -> Int {
        guard let match = url.firstMatch(of: /:([0-9]+)(\/|$)/) else { return SettingKey.defaultCoordinatorPort }
        return Int(match.1) ?? SettingKey.defaultCoordinatorPort
    }
}

extension ObjectReader {
    /// A whole `yggdrasil.yaml`: what follows from an entry, with what its `config` says in addition.
    ///
    /// A container has the network of its machine, so that what a task runs reaches the loopback of every executor there, and the
    /// coordinator's. It is not to give orders: a token is asked for there as well, unless `config` says otherwise.
    /// - Parameters:
    ///   - own: what follows from the entry.
    ///   - section: the one of it that `config` is held against.
    ///   - itself: keys of that section that `config` may not say, and what says them.
    mutating func completed(_ own: JSONObject, section: String, itself: [String: String]) -> JSONObject {
        let generated = own.merging(["auth": ["loopback": .string(LoopbackAccess.required.rawValue)]])
        guard let config = object("config") else { return generated }
        for key in config[section]?.objectValue?.keys ?? [] {
            guard let source = itself[key] else { continue }
            adopt(InvalidInput("\(path("config"))/\(section)/\(key)", "is what \(source) of the entry itself says"))
        }
        let whole = generated.merging(config)
        do throws(InvalidInput) {
            _ = try Configuration(.object(whole))
        } catch {
            adopt(
                InvalidInput(
                    issues: error.issues.map { .init(pointer: path("config") + $0.pointer, detail: $0.detail) }
                )
            )
        }
        return whole
    }
}

extension JSONObject {
    /// With the members of `other` in place of or beside its own; objects are merged member by member.
    fileprivate func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        for (key, value) in other.members {
            if case .object(let theirs) = value, case .object(let ours)? = merged[key] {
                merged[key] = .object(ours.merging(theirs))
            } else {
                merged[key] = value
            }
        }
        return merged
    }
}
