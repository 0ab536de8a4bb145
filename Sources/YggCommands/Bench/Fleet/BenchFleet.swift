import Glibc
import YggCore

/// A coordinator with or without an executor, on a data directory of their own.
final class BenchFleet {
    let port: UInt16
    let coordinator: BenchProcess
    let executor: BenchProcess?
    /// From the call that started a process to its ready line.
    let coordinatorStart: Int64
    let executorStart: Int64?
    /// What a submitter has to show; nil where nobody is asked.
    let token: String?
    /// Where the executor's attempts work.
    let workspace: String

    private init(
        _ context: BenchContext,
        directory: String,
        withExecutor: Bool,
        isGuarded: Bool,
        slots: Int,
        repositories: [String],
        settings more: String
    ) throws {
        workspace = "\(directory)/workspace"
        let settings = "\(directory)/yggdrasil.yaml"
        let roots = repositories.isEmpty ? "" : ", repositories: [\(repositories.joined(separator: ", "))]"
        try context.write(
            "executor: {window: \(Self.window)\(roots)}\n" + more + (isGuarded ? Self.guardedSettings : ""),
            to: settings
        )
        let began = MonotonicTime.now
        let coordinator = try BenchProcess(
            ["coordinator", "--port", "0", "--data-dir", "\(directory)/coordinator", "--config", settings],
            outputPath: "\(directory)/coordinator.out",
            stop: context.stop
        )
        do {
            let ready = try coordinator.waitUntilReady()
            coordinatorStart = ready.at - began
            port = try Self.port(of: ready.line)
            token = isGuarded ? try Self.operatorToken(directory) : nil
            self.coordinator = coordinator
            if isGuarded, withExecutor { try Self.join(context, directory, port: port, token: token) }
        } catch {
            coordinator.terminate()
            throw error
        }
        guard withExecutor else {
            executor = nil
            executorStart = nil
            return
        }
        let executorBegan = MonotonicTime.now
        let executor: BenchProcess
        do {
            executor = try BenchProcess(
                [
                    "executor", "--id", "bench", "--coordinator", "http://127.0.0.1:\(port)", "--handlers", "all",
                    "--slots", "\(slots)", "--port", "0", "--data-dir", "\(directory)/executor",
                    "--workspace", workspace, "--config", settings,
                ],
                outputPath: "\(directory)/executor.out",
                stop: context.stop
            )
        } catch {
            coordinator.terminate()
            throw error
        }
        do {
            executorStart = try executor.waitUntilReady().at - executorBegan
            self.executor = executor
        } catch {
            executor.terminate()
            coordinator.terminate()
            throw error
        }
    }

    /// Every request is looked at as it is anywhere but on loopback, and none is turned away for being one of many.
    private static let guardedSettings = """
        auth: {loopback: required}
        coordinator: {limits: {requestsPerSecond: 1000000, openTasks: 1000000}}

        """

    private static func operatorToken(_ directory: String) throws -> String {
        guard let token = try AdminToken.read(in: "\(directory)/coordinator") else {
            throw CommandFailure("The coordinator of the benchmark has written no token.")
        }
        return token
    }

    /// Lets the executor join with a key of its own.
    private static func join(_ context: BenchContext, _ directory: String, port: UInt16, token: String?) throws {
        let request = LoadRequest.post("/v1/tokens", ["name": "bench", "role": "join"], token: token)
        let answer = try LoadConnection(port: port).exchange(request, context.stop)
        try answer.expect(201)
        let joining = try BenchProcess(
            [
                "executor", "join", "--coordinator", "http://127.0.0.1:\(port)",
                "--token", try answer.json()["token"]?.stringValue ?? "", "--data-dir", "\(directory)/executor",
            ],
            outputPath: "\(directory)/join.out",
            stop: context.stop
        )
        try joining.waitUntilEnded()
    }

    static let slots = 8
    /// Leases the executor holds at most, those that wait for a slot included.
    static let window = 64

    /// Starts a fleet, hands it to `body`, and stops it and removes its data whatever happens.
    /// - Parameters:
    ///   - isGuarded: whether everybody has to show a token.
    ///   - repositories: the roots under which tasks may name one.
    ///   - settings: more of `yggdrasil.yaml`.
    static func with<Value>(
        _ context: BenchContext,
        _ name: String,
        executor: Bool = true,
        isGuarded: Bool = false,
        slots: Int = BenchFleet.slots,
        repositories: [String] = [],
        settings: String = "",
        _ body: (BenchFleet) throws -> Value
    ) throws -> Value {
        let directory = try context.directory.subdirectory(name)
        defer { context.directory.remove(name) }
        let fleet = try BenchFleet(
            context,
            directory: directory,
            withExecutor: executor,
            isGuarded: isGuarded,
            slots: slots,
            repositories: repositories,
            settings: settings
        )
        defer { fleet.terminate() }
        return try body(fleet)
    }

    func meter() -> CPUMeter { CPUMeter(coordinator: coordinator.pid, executor: executor?.pid) }

    /// The executor first, while its coordinator still takes its reports.
    private func terminate() {
        executor?.terminate()
        coordinator.terminate()
    }

    static func port(of ready: JSON) throws -> UInt16 {
        let address = ready["address"]?.stringValue ?? ""
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw CommandFailure("The coordinator's ready line names no port: \(ready.text)")
        }
        return port
    }
}
