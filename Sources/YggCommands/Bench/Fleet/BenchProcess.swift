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
        pid = try Self.spawn(arguments, outputPath: outputPath)
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

    private static func spawn(_ arguments: [String], outputPath: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, flags, 0o600)
        let errorPath = outputPath == "/dev/null" ? outputPath : "\(outputPath).err"
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, flags, 0o600)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The signals that this process watches are ignored here, and that is inherited.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var argv = (["ygg"] + arguments).map { strdup($0) } + [nil]
        var environment = inherited.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + environment { free(pointer) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, executable, &actions, &attributes, &argv, &environment)
        guard status == 0 else {
            throw CommandFailure("\(executable) cannot be started: \(String(cString: strerror(status))).")
        }
        return pid
    }

    /// The executable by its own name, so that process lists and profiles can tell it; the kernel's link to it where it
    /// was replaced since this process started.
    private static let executable: String = {
        let link = "/proc/self/exe"
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: link), access(path, X_OK) == 0
        else { return link }
        return path
    }()

    /// No setting of whoever runs the benchmark changes what is measured.
    private static var inherited: [String: String] {
        ProcessContext.environment.filter { !$0.key.hasPrefix("YGG_") && $0.key != "LOG_LEVEL" }
    }
}
