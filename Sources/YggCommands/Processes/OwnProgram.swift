import FoundationEssentials
import Glibc

/// Starts processes from the very executable that runs: benchmark and torture measure and break what they are.
enum OwnProgram {
    /// The executable by its own name, so that process lists and profiles can tell it; the kernel's link to it where it
    /// was replaced since this process started.
    static let path: String = {
        let link = "/proc/self/exe"
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: link), access(path, X_OK) == 0
        else { return link }
        return path
    }()

    /// Starts a program in a process group of its own, so that Ctrl-C does not reach it.
    /// - Parameters:
    ///   - program: an absolute path.
    ///   - arguments: with the name it is started under.
    ///   - outputPath: what its standard output is appended to; its errors go beside it.
    static func spawn(_ program: String, _ arguments: [String], outputPath: String) throws -> pid_t {
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

        var argv = arguments.map { strdup($0) } + [nil]
        var environment = inherited.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + environment { free(pointer) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, program, &actions, &attributes, &argv, &environment)
        guard status == 0 else {
            throw CommandFailure("\(program) cannot be started: \(String(cString: strerror(status))).")
        }
        return pid
    }

    /// No setting of whoever runs the command changes what is measured or broken.
    private static var inherited: [String: String] {
        ProcessContext.environment.filter { !$0.key.hasPrefix("YGG_") && $0.key != "LOG_LEVEL" }
    }
}
