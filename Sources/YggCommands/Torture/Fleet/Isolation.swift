import FoundationEssentials
import Glibc
import YggProcess

/// A network and a view of the file systems of our own: interfaces can be taken down and small disks mounted, and whatever
/// is left of them goes with the last process that lives there.
enum Isolation {
    /// What an isolated torture has in its arguments.
    static let mark = "--isolated"

    /// Starts this program anew where it is isolated; returns where that is not possible.
    /// - Returns: why it is not possible.
    static func enter() async -> String {
        for name in ["unshare", "nsenter", "ip", "mount"] where path(of: name) == nil {
            return "\(name) is not installed"
        }
        guard let unshare = path(of: "unshare") else { return "unshare is not installed" }
        // Whoever is not root is it in a user namespace, where the kernel allows them.
        let flags = (geteuid() == 0 ? [] : ["--map-root-user"]) + ["--net", "--mount"]
        let attempt = await Tool.run([unshare] + flags + ["/bin/true"])
        guard attempt.outcome.succeeded else {
            return attempt.stderr.split(separator: "\n").first.map(String.init) ?? "unshare does not work here"
        }
        let arguments = [unshare] + flags + ["--", OwnProgram.path] + CommandLine.arguments.dropFirst() + [mark]
        var argv = arguments.map { strdup($0) } + [nil]
        execv(unshare, &argv)
        return String(cString: strerror(errno))
    }

    static func path(of tool: String) -> String? { findCommand(tool, environment: Tool.environment) }
}

/// Programs of the system that prepare what the fleet stands on.
enum Tool {
    /// Administrators' tools are not on everybody's PATH.
    static var environment: [String: String] {
        var environment = cleanEnvironment(from: ProcessContext.environment)
        environment["PATH"] = "\(environment["PATH"] ?? "/usr/bin:/bin"):/usr/sbin:/sbin"
        return environment
    }

    static func run(_ argv: [String]) async -> CollectedOutput {
        await collectProcess(ProcessSpec(argv: argv, environment: environment, runTimeout: .seconds(30)))
    }

    /// - Throws: `CommandFailure` with the tool's own words.
    static func demand(_ argv: String...) async throws { try await demand(argv) }

    static func demand(_ argv: [String]) async throws {
        let output = await run(argv)
        guard output.outcome.succeeded else {
            throw CommandFailure("\(argv.joined(separator: " ")) failed: \(output.stderr.prefix(500))")
        }
    }
}
