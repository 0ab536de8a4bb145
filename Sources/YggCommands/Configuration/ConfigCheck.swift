import ArgumentParser
import YggAgent
import YggConfiguration
import YggCore
import YggExecutor
import YggTelemetry

/// `ygg config check`.
struct ConfigCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration file and the variables. Status 1 where they are wrong.",
        discussion: """
            EXAMPLES
              ygg config check
              ygg config check --config /etc/yggdrasil/yggdrasil.yaml --json
            """
    )

    @OptionGroup var options: ConfigOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        do {
            let settings = try options.resolve()
            if settings.role == .up || settings.role == .executor {
                _ = try settings.handlerRegistry(ModelDirectory(settings))
                _ = try Secrets(settings, known: KnownSecrets(), owner: nil)
            }
            let file = settings.entries.first { $0.key == .config }?.value ?? ""
            Results(output).one(["valid": true, "file": file.isEmpty ? nil : .string(file), "issues": []]) { style in
                "\(style(.green, "ok"))  \(file.isEmpty ? "There is no configuration file; the defaults count." : file)\n"
            }
        } catch let error as ConfigurationError {
            if output.format == .table {
                throw CommandFailure(
                    error.description,
                    next: "Correct it and run `ygg config check` again.",
                    status: .failed
                )
            }
            let issues = error.issues.map { issue -> JSON in
                var object = JSONObject()
                object.append("file", .optional(issue.file))
                object.append("line", .optional(issue.line.map { Int64($0) }))
                object.append("key", .string(issue.key))
                object.append("detail", .string(issue.detail))
                return .object(object)
            }
            Results(output).one(["valid": false, "issues": .array(issues)]) { _ in "" }
            throw ExitCode(ExitStatus.failed.rawValue)
        }
    }
}
