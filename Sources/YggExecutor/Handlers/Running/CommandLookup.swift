import Glibc

/// The file a command would be run from, as the process runner looks it up: on the absolute entries of the PATH, or as
/// it is where it has a slash. nil where there is none that may be executed.
func findCommand(_ command: String, environment: [String: String]) -> String? {
    if command.contains("/") { return isExecutableFile(command) ? command : nil }
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(command)" }
        .first(where: isExecutableFile)
}

private func isExecutableFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
}
