import FoundationEssentials
import Glibc
import Synchronization
import YggClient
import YggCore
import YggTorture

/// The fleet that is tortured: a coordinator and executors as processes of their own, every executor behind a link of its
/// own, and one more link for the load.
final class TortureFleet: Sendable {
    let household: Household
    let directory: String
    let coordinator: FleetMember
    let executors: [FleetMember]
    let links: LinkProxy
    let interfaces: Interfaces?
    /// Of the coordinator and of the last executor, by the member's name.
    let disks: [String: Disk]
    let coordinatorPort: UInt16
    /// Straight to the coordinator, for whoever looks and does not take part.
    let direct: CoordinatorClient

    var members: [FleetMember] { [coordinator] + executors }
    var restarts: Int { members.reduce(0) { $0 + $1.restarts } }
    var abilities: FaultSchedule.Abilities { .init(interfaces: interfaces != nil, disks: !disks.isEmpty) }

    /// - Parameters:
    ///   - directory: of this run alone.
    ///   - isIsolated: whether network and mounts are this run's own.
    static func assemble(
        _ household: Household,
        directory: String,
        isIsolated: Bool,
        diskMegabytes: Int
    ) async throws -> TortureFleet {
        for folder in ["ledger", "logs", "configuration"] { try makeDirectories("\(directory)/\(folder)") }
        var disks: [String: Disk] = [:]
        var interfaces: Interfaces?
        if isIsolated {
            interfaces = try await Interfaces.connect(household.executors.count, directory: "\(directory)/logs")
            for (name, megabytes) in [("coordinator", diskMegabytes), (household.executors.last ?? "", 24)] {
                disks[name] = try await Disk.mount(at: "\(directory)/disks/\(name)", megabytes: megabytes)
            }
        }
        return try TortureFleet(household, directory: directory, interfaces: interfaces, disks: disks)
    }

    private init(_ household: Household, directory: String, interfaces: Interfaces?, disks: [String: Disk]) throws {
        self.household = household
        self.directory = directory
        self.interfaces = interfaces
        self.disks = disks
        var random = SystemRandomNumberGenerator()
        let port = try Sockets.freePort(from: &random)
        coordinatorPort = port
        direct = CoordinatorClient(urls: ["http://127.0.0.1:\(port)"], token: nil)
        let host = interfaces == nil ? "127.0.0.1" : Interfaces.coordinatorAddress
        links = try LinkProxy(
            addresses: household.executors.map { _ in host } + ["127.0.0.1"],
            target: port
        )
        func data(_ name: String) -> String { disks[name]?.path ?? "\(directory)/\(name)" }
        func common(_ name: String) throws -> [String] {
            let file = "\(directory)/configuration/\(name).yaml"
            let text = household.configuration(
                program: OwnProgram.path,
                ledger: "\(directory)/ledger/\(name)",
                publicURL: interfaces.map { _ in "http://\(host):\(port)" }
            )
            guard FileManager.default.createFile(atPath: file, contents: Data(text.utf8)) else {
                throw CommandFailure("\(file) cannot be written.")
            }
            return ["--config", file, "--data-dir", data(name), "--log-dir", "\(directory)/logs"]
        }
        coordinator = FleetMember(
            name: "coordinator",
            program: OwnProgram.path,
            arguments: [OwnProgram.path, "coordinator", "--port", "\(port)"] + (try common("coordinator")),
            outputPath: "\(directory)/logs/coordinator.out"
        )
        executors = try household.executors.enumerated().map { [links] number, id in
            let url = "http://\(host):\(links.ports[number])"
            let arguments =
                [OwnProgram.path, "executor", "--id", id, "--coordinator", url, "--port", "0"] + (try common(id))
            let prefix = interfaces?.prefix(of: number) ?? []
            return FleetMember(
                name: id,
                program: prefix.first.flatMap(Isolation.path) ?? OwnProgram.path,
                arguments: prefix + arguments,
                outputPath: "\(directory)/logs/\(id).out"
            )
        }
    }

    /// The address of the load's own link.
    var clientURL: String { "http://127.0.0.1:\(links.ports[executors.count])" }

    /// Starts all, and waits until the coordinator knows every executor.
    func start() async throws {
        for member in members { try await member.startUntilReady(within: 20) }
        for executor in executors {
            while try await seen(executor)?.isWell != true { try await Task.sleep(for: .milliseconds(50)) }
        }
    }

    func member(of target: Fault.Target) -> FleetMember? {
        switch target {
        case .coordinator: coordinator
        case .executor(let id): executors.first { $0.name == id }
        case .clients: nil
        }
    }

    /// The link, and for an executor the interface, of a target.
    func link(of target: Fault.Target) -> Int? {
        switch target {
        case .coordinator: nil
        case .executor(let id): executors.firstIndex { $0.name == id }
        case .clients: executors.count
        }
    }

    /// How an executor looks from the coordinator.
    struct Sight: Sendable {
        var bootID: String?
        var isWell: Bool
    }

    /// nil where the coordinator does not answer, or does not know it.
    func seen(_ executor: FleetMember) async throws -> Sight? {
        let path = RequestPath("v1", "executors", executor.name)
        let reply = try await ask { [direct] in
            try await direct.exchange("GET", path, timeout: .seconds(2), repetition: .onlyUnsent)
        }
        guard let reply, reply.status == 200, let json = reply.json else { return nil }
        let heard = json["lastSeenMs"]?.intValue ?? .max
        return Sight(
            bootID: json["bootId"]?.stringValue,
            isWell: json["state"]?.stringValue == "running" && heard < household.ttl.rawValue
        )
    }

    /// What a call answers; nil where it does not, as so often here.
    func ask<Value>(_ call: () async throws -> Value) async throws -> Value? {
        do {
            return try await call()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            return nil
        }
    }

    /// Ends every process in order; whoever takes longer is killed, with all that is left of its work.
    /// - Returns: who had to be killed.
    func end() async -> [String] {
        var late: [String] = []
        for disk in disks.values { disk.release() }
        for group in [executors, [coordinator]] {
            for member in group {
                member.send(SIGCONT)
                member.end(with: SIGTERM)
            }
            for member in group where await !member.waitUntilEnded(within: 15) {
                late.append(member.name)
                member.end(with: SIGKILL)
                _ = await member.waitUntilEnded(within: 10)
            }
        }
        links.stop()
        await Orphans.end(of: directory)
        interfaces?.end()
        return late
    }
}
