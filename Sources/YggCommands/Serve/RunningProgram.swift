import FoundationEssentials
import Glibc

/// The program that this process runs, kept from its start so that it can be started anew from the same place: after an
/// upgrade the file there is another one.
struct RunningProgram: Sendable {
    let path: String

    /// Looks the program up, which must happen at the start: later its file may have been replaced, and the kernel's
    /// own record of it leads nowhere.
    init() {
        let name = CommandLine.arguments.first ?? ""
        let folders = name.contains("/") ? [] : (ProcessContext.variable("PATH") ?? "").split(separator: ":")
        let directory = ProcessContext.workingDirectory
        let spelled = name.hasPrefix("/") ? name : "\(directory)/\(name)"
        let candidates = name.contains("/") ? [spelled] : folders.map { "\($0)/\(name)" }
        // As it was named, where that is this program: a link that an upgrade turns to the new version is followed.
        path =
            candidates.first { $0.hasPrefix("/") && isSameFile($0, Self.ownImage) }
            ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: Self.ownImage)) ?? spelled
    }

    private static let ownImage = "/proc/self/exe"

    /// Replaces this process by the program with the arguments it was started with. What is left of this one, threads
    /// and open files, ends with it.
    /// - Throws: where it cannot be started; the process is then of no more use.
    func startAnew() throws -> Never {
        closeDescriptorsOnExec()
        // The new program would inherit what the threads of this one block, and not hear a signal to stop.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        execv(path, CommandLine.unsafeArgv)
        throw CommandFailure(
            "Everything has stopped, but \(path) cannot be started anew: \(String(cString: strerror(errno))).",
            next: "Put a working ygg there and start it again."
        )
    }

    /// No library between us and the kernel promises it for the files and sockets it opens.
    private func closeDescriptorsOnExec() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            guard let descriptor = Int32(name), descriptor > STDERR_FILENO else { continue }
            let flags = fcntl(descriptor, F_GETFD)
            if flags >= 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
        }
    }
}

private func isSameFile(_ left: String, _ right: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(left, &first) == 0 && stat(right, &second) == 0 && first.st_dev == second.st_dev
        && first.st_ino == second.st_ino
}
