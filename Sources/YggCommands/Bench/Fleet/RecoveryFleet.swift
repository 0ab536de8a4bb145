import FoundationEssentials
import Glibc
import YggCore

/// A coordinator and executors that are killed: whatever they leave behind is ended with the fleet.
final class RecoveryFleet {
    private(set) var port: UInt16 = 0
    private let context: BenchContext
    private let directory: String
    private var coordinator: BenchProcess
    private var executors: [BenchProcess] = []
    private let submitter: LoadConnection

    /// Both kinds write down the processes that they are, and hold a slot until they are ended.
    private static let settings = """
        executor: {drainTimeout: 0s}
        handlers:
          - kind: try-hold
            params: {file: {type: string}}
            run: [sh, -c, 'echo $$ >> "$1"; sleep 600', sh, "{{file}}"]
          - kind: try-stubborn
            params: {file: {type: string}}
            run: [bash, -c, 'trap "" TERM; set -m; sleep 600 & set +m; echo $! >> "$1"; echo $$ >> "$1"; sleep 600', bash, "{{file}}"]

        """

    private var pidFile: String { "\(directory)/pids" }

    private init(_ context: BenchContext, directory: String) throws {
        self.context = context
        self.directory = directory
        try context.write(Self.settings, to: "\(directory)/yggdrasil.yaml")
        coordinator = try Self.startCoordinator(context, directory, port: 0)
        do {
            port = try BenchFleet.port(of: try coordinator.waitUntilReady().line)
            submitter = try LoadConnection(port: port)
        } catch {
            coordinator.terminate()
            throw error
        }
    }

    static func with<Value>(
        _ context: BenchContext,
        _ name: String,
        _ body: (RecoveryFleet) throws -> Value
    ) throws -> Value {
        let directory = try context.directory.subdirectory(name)
        defer { context.directory.remove(name) }
        let fleet = try RecoveryFleet(context, directory: directory)
        defer { fleet.end() }
        return try body(fleet)
    }

    func startExecutor(_ id: String, slots: Int) throws -> BenchProcess {
        let executor = try BenchProcess(
            [
                "executor", "--id", id, "--coordinator", "http://127.0.0.1:\(port)", "--handlers", "all", "--slots",
                "\(slots)", "--port", "0", "--data-dir", "\(directory)/\(id)", "--config",
                "\(directory)/yggdrasil.yaml",
            ],
            outputPath: "\(directory)/\(id).out",
            stop: context.stop
        )
        executors.append(executor)
        _ = try executor.waitUntilReady()
        let reader = try TaskReader(port: port, stop: context.stop)
        while try reader.get("/v1/executors")["items"]?.arrayValue?
            .contains(where: { $0["id"]?.stringValue == id && $0["bootId"] != nil }) != true
        {
            try context.stop.sleep(seconds: 0.01)
        }
        return executor
    }

    /// Kills the coordinator and starts it again at its port.
    /// - Returns: when the new one was started; it is ready when this returns.
    func restartCoordinator() throws -> Int64 {
        coordinator.kill()
        let began = MonotonicTime.now
        coordinator = try Self.startCoordinator(context, directory, port: port)
        _ = try coordinator.waitUntilReady()
        return began
    }

    /// - Returns: the id of a task that writes down its processes.
    func submit(_ kind: String) throws -> String {
        let body: JSONObject = ["kind": .string(kind), "params": ["file": .string(pidFile)]]
        let response = try submitter.exchange(LoadRequest.post("/v1/tasks", body), context.stop)
        try response.expect(201)
        guard let id = response.taskID else { throw CommandFailure("An answer to a submission names no task.") }
        return id
    }

    /// Of every task that began, in their order.
    var processes: [pid_t] {
        let text = (try? String(contentsOfFile: pidFile, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { pid_t($0) }
    }

    func waitForProcesses(_ count: Int) throws {
        while processes.count < count { try context.stop.sleep(seconds: 0.001) }
    }

    private static func startCoordinator(
        _ context: BenchContext,
        _ directory: String,
        port: UInt16
    ) throws -> BenchProcess {
        try BenchProcess(
            [
                "coordinator", "--port", "\(port)", "--data-dir", "\(directory)/coordinator", "--config",
                "\(directory)/yggdrasil.yaml",
            ],
            outputPath: "\(directory)/coordinator-\(MonotonicTime.now).out",
            stop: context.stop
        )
    }

    private func end() {
        for executor in executors { executor.terminate() }
        coordinator.terminate()
        // What a killed executor left. Its number may be somebody else's by now, who does not name our file.
        for pid in processes where commandLine(of: pid).contains(pidFile) { Glibc.kill(-pid, SIGKILL) }
    }

    private func commandLine(of pid: pid_t) -> String {
        FileManager.default.contents(atPath: "/proc/\(pid)/cmdline").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
