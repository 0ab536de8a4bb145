import FoundationEssentials
import Glibc
import Testing
import YggCore

/// A coordinator and executors, each a process of its own, in one directory.
final class Fleet {
    let directory: String
    private(set) var coordinator: RunningYgg
    private var processes: [RunningYgg] = []
    private let common: [String]
    private let environment: [String: String]
    private let port: KeptPort

    /// `try-hold` waits for the file `gate` in its `dir`, `dev-hold` does the same and
    /// goes on while it is cut off; each writes its process group into `pids` there. `try-tell` and `dev-tell` count
    /// lines while they wait, and have a last one.
    private static let handlers =
        ["try-hold", "dev-hold"].map { kind in
            """

              - kind: \(kind)
                params: {dir: {type: string}}
                run: [sh, -c, 'echo $$ >> "$1/pids"; until [ -e "$1/gate" ]; do sleep 0.02; done', sh, "{{dir}}"]
            """
        }.joined()
        + ["try-tell", "dev-tell"].map { kind in
            """

              - kind: \(kind)
                params: {dir: {type: string}}
                run: [sh, -c, 'echo $$ >> "$1/pids"; i=0; until [ -e "$1/gate" ]; do i=$((i+1)); echo line $i; sleep 0.02; done; echo last', sh, "{{dir}}"]
            """
        }.joined()

    fileprivate init(
        directory: String,
        leaseTTL: String,
        routes: String,
        environment: [String: String]
    ) async throws {
        self.directory = directory
        self.environment = environment
        let file = "\(directory)/yggdrasil.yaml"
        try """
        coordinator: {leaseTTL: \(leaseTTL)}
        \(routes)
        handlers:\(Self.handlers)

        """.write(toFile: file, atomically: true, encoding: .utf8)
        common = ["--config", file]
        port = try KeptPort()
        coordinator = try await RunningYgg.start(
            ["coordinator", "--port", port.text, "--data-dir", "\(directory)/coordinator"] + common,
            environment: environment
        )
    }

    /// Kills the coordinator and starts it again at its address.
    func restartCoordinator() async throws {
        await coordinator.killNow()
        coordinator = try await RunningYgg.start(
            ["coordinator", "--port", port.text, "--data-dir", "\(directory)/coordinator"] + common,
            environment: environment
        )
    }

    /// Starts an executor and waits until the coordinator knows this process of it.
    /// - Parameter relay: what it reaches the coordinator through.
    func start(
        _ id: String,
        port: String = "0",
        program: String = RunningYgg.binary,
        through relay: Relay? = nil,
        environment: [String: String] = [:],
        _ arguments: String...
    ) async throws -> RunningYgg {
        let before = try await coordinator.get("/v1/executors/\(id)").json?["bootId"]
        let process = try await RunningYgg.start(
            [
                "executor", "--id", id, "--coordinator", relay?.address ?? coordinator.address, "--port", port,
                "--data-dir",
                "\(directory)/\(id)",
            ] + common + arguments,
            environment: environment,
            program: program
        )
        processes.append(process)
        _ = try await executor(id) { $0["bootId"] != nil && $0["bootId"] != before }
        return process
    }

    func executor(_ id: String, until isReached: (JSON) -> Bool) async throws -> JSON {
        try await coordinator.executor(id, until: isReached)
    }

    func executor(_ id: String, is state: String) async throws -> JSON {
        try await executor(id) { $0["state"]?.stringValue == state }
    }

    /// Submits a task that runs until its gate is opened, and waits until it is at work.
    func hold(_ name: String, kind: String = "try-hold") async throws -> String {
        let folder = "\(directory)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let id = try await coordinator.submit(["kind": .string(kind), "params": ["dir": .string(folder)]])
        try await atWork(name, times: 1)
        return id
    }

    /// Waits until the task has begun for the nth time.
    func atWork(_ name: String, times: Int) async throws {
        while groups(of: name).count < times { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// The process groups in which the task has run, in their order.
    func groups(of name: String) -> [pid_t] {
        let text = try? String(contentsOfFile: "\(directory)/\(name)/pids", encoding: .utf8)
        return (text ?? "").split(separator: "\n").compactMap { pid_t($0) }
    }

    /// Waits until nobody is left of a process group: those who have ended are in it until they are reaped.
    func gone(_ group: pid_t) async throws {
        while kill(-group, 0) == 0 { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Whether anybody of a process group lives. A zombie has ended; who reaps it is the machine's business.
    func isAlive(_ group: pid_t) async -> Bool {
        await collect(["ps", "-eo", "pgid=,stat="]).split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count == 2 && fields[0] == "\(group)" && !fields[1].hasPrefix("Z")
        }
    }

    func openGate(of name: String) {
        #expect(FileManager.default.createFile(atPath: "\(directory)/\(name)/gate", contents: nil))
    }

    private func isOurs(_ pid: pid_t) -> Bool {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
        return String(decoding: bytes, as: UTF8.self).contains(directory)
    }

    fileprivate func end() async {
        for process in processes { await process.killNow() }
        await coordinator.killNow()
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            // Its number may be somebody else's by now.
            for group in groups(of: name) where isOurs(group) { kill(-group, SIGKILL) }
        }
    }
}

extension RunningYgg {
    /// The executor as it is listed, as soon as `isReached` holds. Nothing tells of its changes, so it is asked for
    /// again and again.
    func executor(_ id: String, until isReached: (JSON) -> Bool) async throws -> JSON {
        while true {
            if let executor = try await get("/v1/executors/\(id)").json, isReached(executor) { return executor }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// Runs `body` on a fleet of its own. Whatever is left of it afterwards is killed.
/// - Parameters:
///   - leaseTTL: short only where a test waits for its end: a busy machine would lose other leases, too.
///   - environment: more of it for the coordinator.
func withFleet(
    leaseTTL: String = "15s",
    routes: String = "",
    environment: [String: String] = [:],
    _ body: (Fleet) async throws -> Void
) async throws {
    let scratch = try ScratchDirectory()
    let fleet = try await Fleet(
        directory: scratch.path,
        leaseTTL: leaseTTL,
        routes: routes,
        environment: environment
    )
    do {
        try await body(fleet)
    } catch {
        Issue.record("\(error)\nlog of the coordinator:\n\(fleet.coordinator.log.suffix(4000))")
    }
    await fleet.end()
}
