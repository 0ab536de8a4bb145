import Glibc
import SystemPackage

/// What is looked up and checked before a command is started, so that a command which cannot start is explained in
/// one sentence and not by an error number.
enum Launch {
    /// Why a command was not started: a whole sentence.
    struct Refusal: Error {
        let sentence: String
    }

    /// The directories searched when `environment` has no PATH, as `execvp` does it.
    private static let defaultPath = "/usr/local/bin:/usr/bin:/bin"

    /// Checks working directory and command, and finds the command's file.
    ///
    /// Whatever changes between this check and the start is reported by ``sentence(for:starting:)``.
    static func executable(for spec: ProcessSpec) throws(Refusal) -> FilePath {
        guard let command = spec.argv.first, !command.isEmpty else {
            throw Refusal(sentence: "There is no command to run: argv is empty.")
        }
        guard !spec.argv.contains(where: { $0.utf8.contains(0) }) else {
            throw Refusal(sentence: "An argument of \(command) contains a NUL byte, which no program can be given.")
        }
        if let directory = spec.workingDirectory {
            try check(workingDirectory: directory)
        }
        if command.contains("/") {
            let isRelative = !command.hasPrefix("/")
            let path = isRelative ? (spec.workingDirectory.map { $0 + "/" } ?? "") + command : command
            try check(executable: path)
            // As it was given: the child resolves it after it has changed to its working directory.
            return FilePath(command)
        }
        return try lookUp(command, path: spec.environment["PATH"] ?? defaultPath)
    }

    /// What a failed start means.
    static func sentence(for error: Errno, starting command: String) -> String {
        switch error {
        case .noSuchFileOrDirectory:
            return "\(command) could not be started: the interpreter its first line names does not exist."
        case .permissionDenied, .notPermitted:
            return "\(command) could not be started: permission denied."
        case .execFormatError:
            return "\(command) is neither a program for this machine nor a script whose first line begins with #!."
        case .argListTooLong:
            return "\(command) could not be started: its arguments and environment are too long for the kernel."
        case .textFileBusy:
            return "\(command) could not be started: somebody has it open for writing."
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
            return "\(command) could not be started: too many open files."
        case .resourceTemporarilyUnavailable, .noMemory:
            return "\(command) could not be started: the machine is out of processes or memory."
        default:
            return "\(command) could not be started: \(error)."
        }
    }

    private static func check(workingDirectory path: String) throws(Refusal) {
        switch kind(of: path) {
        case .directory:
            guard access(path, X_OK) == 0 else {
                throw Refusal(sentence: "The working directory \(path) may not be entered: permission denied.")
            }
        case .file, .other:
            throw Refusal(sentence: "The working directory \(path) is not a directory.")
        case .failed(.permissionDenied):
            throw Refusal(sentence: "The working directory \(path) may not be entered: permission denied.")
        case .failed(.noSuchFileOrDirectory), .failed(.notDirectory):
            throw Refusal(sentence: "The working directory \(path) does not exist.")
        case .failed(let error):
            throw Refusal(sentence: "The working directory \(path) cannot be used: \(error).")
        }
    }

    private static func check(executable path: String) throws(Refusal) {
        switch kind(of: path) {
        case .file:
            guard access(path, X_OK) == 0 else {
                throw Refusal(sentence: "\(path) may not be executed: permission denied.")
            }
        case .directory:
            throw Refusal(sentence: "\(path) is a directory and not a program.")
        case .other:
            throw Refusal(sentence: "\(path) is not a program.")
        case .failed(.permissionDenied):
            throw Refusal(sentence: "\(path) may not be executed: permission denied.")
        case .failed(.noSuchFileOrDirectory), .failed(.notDirectory):
            throw Refusal(sentence: "\(path) does not exist.")
        case .failed(let error):
            throw Refusal(sentence: "\(path) cannot be executed: \(error).")
        }
    }

    /// The file a command would be run from; nil where there is none that may be executed.
    static func find(_ command: String, path: String?) -> String? {
        if command.contains("/") {
            guard case .file = kind(of: command), access(command, X_OK) == 0 else { return nil }
            return command
        }
        return (try? lookUp(command, path: path ?? defaultPath))?.string
    }

    /// The first executable file of this name. Relative and empty entries of PATH are passed over: which program
    /// runs must not depend on the directory a command happens to be run in.
    private static func lookUp(_ name: String, path: String) throws(Refusal) -> FilePath {
        var refused: String?
        for directory in path.split(separator: ":") where directory.hasPrefix("/") {
            let candidate = "\(directory)/\(name)"
            guard case .file = kind(of: candidate) else { continue }
            if access(candidate, X_OK) == 0 { return FilePath(candidate) }
            refused = refused ?? candidate
        }
        if let refused {
            throw Refusal(sentence: "\(refused) may not be executed: permission denied.")
        }
        throw Refusal(sentence: "\(name) was not found on the PATH (\(path)).")
    }

    private enum Kind {
        case file
        case directory
        case other
        case failed(Errno)
    }

    private static func kind(of path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .failed(Errno(rawValue: errno)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }
}

/// The file a command would be run from: on the absolute entries of the PATH of `environment`, or as it is where it has a
/// slash. nil where there is none that may be executed.
package func findCommand(_ command: String, environment: [String: String]) -> String? {
    Launch.find(command, path: environment["PATH"])
}
