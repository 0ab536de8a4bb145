import FoundationEssentials
import Glibc
import YggCore

/// One `ygg` process of the benchmark, started from this very executable.
///
/// It has a process group of its own, so that Ctrl-C reaches the benchmark alone, which then stops it in order. Its
/// output goes to a file: nobody has to read along.
final class BenchProcess {
    let pid: pid_t
    private let outputPath: String
    private let stop: StopFlag
    private(set) var isRunning = true

    /// - Parameter outputPath: where its standard output goes; its errors go beside it.
    init(_ arguments: [String], outputPath: String, stop: StopFlag) throws {
        self.outputPath = outputPath
        self.stop = stop
        pid = try OwnProgram.spawn(OwnProgram.path, ["ygg"] + arguments, outputPath: outputPath)
    }

    /// The line by which a server says that it can be reached, and when it was seen.
    /// - Throws: `CommandFailure` with the process's own words where it ends before, or takes longer than 20 s.
    func waitUntilReady() throws -> (line: JSON, at: Int64) {
        let deadline = MonotonicTime.now + 20_000_000_000
        while MonotonicTime.now < deadline {
            for line in Self.text(outputPath).split(separator: "\n") where line.contains("\"ready\"") {
                guard let json = try? JSON(parsing: String(line)), json["event"]?.stringValue == "ready" else {
                    continue
                }
                return (json, MonotonicTime.now)
            }
            if hasEnded() { break }
            MonotonicTime.sleep(until: MonotonicTime.now + 500_000)
            try stop.check()
        }
        throw CommandFailure(
            "A process of the benchmark did not become ready. It said:\n\(Self.text("\(outputPath).err").suffix(2000))"
                + Self.text(outputPath).suffix(2000)
        )
    }

    /// Waits until the process ends by itself.
    func waitUntilEnded() throws {
        while !hasEnded() {
            MonotonicTime.sleep(until: MonotonicTime.now + 200_000)
            try stop.check()
        }
    }

    /// SIGTERM, and SIGKILL where that is not heeded. The process is a child that was not waited for yet, so its
    /// number is its own.
    func terminate() {
        guard isRunning else { return }
        Glibc.kill(pid, SIGTERM)
        let deadline = MonotonicTime.now + 10_000_000_000
        while MonotonicTime.now < deadline {
            if hasEnded() { return }
            MonotonicTime.sleep(until: MonotonicTime.now + 2_000_000)
        }
        kill()
    }

    /// Ends it as power loss would.
    func kill() {
        guard isRunning else { return }
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        isRunning = false
    }

    private func hasEnded() -> Bool {
        guard isRunning else { return true }
        if waitpid(pid, nil, WNOHANG) == pid { isRunning = false }
        return !isRunning
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
