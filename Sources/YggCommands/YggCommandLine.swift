import ArgumentParser
import Glibc

/// The command line as a whole: from arguments to an exit status.
package enum YggCommandLine {
    /// Runs the command that the process was started with, and ends the process with its status.
    package static func main() async -> Never {
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    /// - Returns: the exit status; what there was to say has been written.
    static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try Ygg.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return ExitStatus.succeeded.rawValue
        } catch {
            return report(error)
        }
    }

    /// Tells the person what is wrong, or shows the help that was asked for.
    static func report(_ error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        guard Ygg.isFromParser(error) else {
            let failure = CommandFailure(describing: error)
            Console.error(failure.text)
            return failure.status.rawValue
        }
        let text = Ygg.fullMessage(for: error) + "\n"
        if Ygg.exitCode(for: error).isSuccess {
            Console.out(text)
            return ExitStatus.succeeded.rawValue
        }
        Console.error(text)
        return ExitStatus.usage.rawValue
    }
}

extension Ygg {
    /// Whether the argument parser has words for an error: one of its own, help included, or a refused argument.
    fileprivate static func isFromParser(_ error: any Error) -> Bool {
        error is CleanExit || error is ValidationError || exitCode(for: error) != .failure
    }
}
