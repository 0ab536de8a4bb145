import FoundationEssentials
import Glibc
import Synchronization
import YggCore

/// The coordinator or an executor: one process after the other, each in the place of the last.
final class FleetMember: Sendable {
    private struct Life {
        var pid: pid_t?
        /// How the last one ended; nil while it runs.
        var status: Int32?
        /// Where its output begins in a file that its predecessors wrote into.
        var outputStart = 0
        /// Whether its end would be a surprise.
        var isExpectedToRun = false
        var starts = 0
    }

    let name: String
    private let program: String
    private let arguments: [String]
    private let outputPath: String
    private let life = Mutex(Life())

    /// - Parameters:
    ///   - program: an absolute path: `ygg`, or what starts it elsewhere.
    ///   - arguments: with the name it is started under.
    init(name: String, program: String, arguments: [String], outputPath: String) {
        self.name = name
        self.program = program
        self.arguments = arguments
        self.outputPath = outputPath
    }

    var pid: pid_t? { life.withLock { $0.status == nil ? $0.pid : nil } }

    /// How often it was started, the first time not counted.
    var restarts: Int { life.withLock { max(0, $0.starts - 1) } }

    /// Whether it ought to run and has ended: with what status.
    var surprise: Int32? {
        life.withLock { life in
            Self.look(&life)
            return life.isExpectedToRun ? life.status : nil
        }
    }

    private var hasEnded: Bool {
        life.withLock { life in
            Self.look(&life)
            return life.status != nil || life.pid == nil
        }
    }

    private static func look(_ life: inout Life) {
        guard let pid = life.pid, life.status == nil else { return }
        var status: Int32 = 0
        let found = waitpid(pid, &status, WNOHANG)
        if found == pid || (found < 0 && errno == ECHILD) { life.status = status }
    }

    func start() throws {
        try life.withLock { life in
            Self.look(&life)
            guard life.pid == nil || life.status != nil else { return }
            life.outputStart = Self.size(of: outputPath)
            life.pid = try OwnProgram.spawn(program, arguments, outputPath: outputPath)
            life.status = nil
            life.starts += 1
        }
    }

    /// Starts it until it says that it can be reached: on a full disk that may take more than one try.
    /// - Returns: its ready line.
    @discardableResult
    func startUntilReady(within limit: Double = 60) async throws -> JSON {
        let deadline = MonotonicTime.now + MonotonicTime.nanoseconds(limit)
        while true {
            try start()
            if let ready = try await readyLine(until: min(deadline, MonotonicTime.now + MonotonicTime.nanoseconds(30)))
            {
                life.withLock { $0.isExpectedToRun = true }
                return ready
            }
            guard MonotonicTime.now < deadline else {
                throw CommandFailure("\(name) does not become ready. It said:\n\(lastWords)")
            }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    /// nil where it ended before it was ready, or `deadline` came first.
    private func readyLine(until deadline: Int64) async throws -> JSON? {
        while MonotonicTime.now < deadline {
            let start = life.withLock { $0.outputStart }
            let output = FileManager.default.contents(atPath: outputPath) ?? Data()
            for line in String(decoding: output.dropFirst(start), as: UTF8.self).split(separator: "\n") {
                if let json = try? JSON(parsing: String(line)), json["event"]?.stringValue == "ready" { return json }
            }
            if hasEnded { return nil }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    /// Says that its end is nobody's surprise from now on, and signals it.
    func end(with signal: Int32) {
        life.withLock { life in
            life.isExpectedToRun = false
            if let pid = life.pid, life.status == nil { kill(pid, signal) }
        }
    }

    /// Stops it and lets it go on: its end would still be a surprise.
    func send(_ signal: Int32) {
        life.withLock { life in
            if let pid = life.pid, life.status == nil { kill(pid, signal) }
        }
    }

    /// - Returns: whether it ended in time.
    func waitUntilEnded(within limit: Double) async -> Bool {
        let deadline = MonotonicTime.now + MonotonicTime.nanoseconds(limit)
        while !hasEnded {
            guard MonotonicTime.now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    /// The end of what it wrote, for a person.
    var lastWords: String {
        [outputPath, "\(outputPath).err"].map { path in
            let bytes = FileManager.default.contents(atPath: path) ?? Data()
            return String(decoding: bytes.suffix(2000), as: UTF8.self)
        }.joined()
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
