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

    private init(_ context: BenchContext, directory: String, withExecutor: Bool) throws {
        let settings = "\(directory)/yggdrasil.yaml"
        try context.write("executor: {window: \(Self.window)}\n", to: settings)
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
            self.coordinator = coordinator
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
                    "--slots", "\(Self.slots)", "--port", "0", "--data-dir", "\(directory)/executor",
                    "--workspace", "\(directory)/workspace", "--config", settings,
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

    static let slots = 8
    /// Leases the executor holds at most, those that wait for a slot included.
    static let window = 64

    /// Starts a fleet, hands it to `body`, and stops it and removes its data whatever happens.
    static func with<Value>(
        _ context: BenchContext,
        _ name: String,
        executor: Bool = true,
        _ body: (BenchFleet) throws -> Value
    ) throws -> Value {
        let directory = try context.directory.subdirectory(name)
        defer { context.directory.remove(name) }
        let fleet = try BenchFleet(context, directory: directory, withExecutor: executor)
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
