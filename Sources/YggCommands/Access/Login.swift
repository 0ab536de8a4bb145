import ArgumentParser
import Glibc
import YggClient
import YggConfiguration
import YggCore

/// `ygg login`.
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Keep a coordinator's address and your token for it.",
        discussion: """
            It asks for the token, tries it, and writes both to cli.yaml beside your configuration, readable for you alone.
            Commands then go to this coordinator unless they are told otherwise. Without a terminal the token is read from
            standard input.

            EXAMPLES
              ygg login http://surtr:5080
              ygg login surtr:5080 < token.txt
            """
    )

    @Argument(help: ArgumentHelp("Where the coordinator is.", valueName: "url"))
    var url: String

    func run() async throws {
        let address: String
        do throws(ValueProblem) {
            address = try LoginFile.address(url)
        } catch {
            throw CommandFailure.usage("The address \(error.detail).")
        }
        let environment = ProcessContext.environment
        guard let path = LoginFile.path(environment: environment) else {
            throw CommandFailure.usage("There is no HOME to keep the token in.", next: "Set HOME or XDG_CONFIG_HOME.")
        }
        var logins = try Connection.logins(environment: environment)
        let token = try SecretPrompt.read("Token for \(address): ")
        guard !token.isEmpty else {
            throw CommandFailure.usage(
                "No token was given.",
                next: "An operator makes one: ygg token create NAME --role ROLE"
            )
        }
        let principal = try await CoordinatorClient(urls: [address], token: token).whoAmI()
        let role = principal["role"]?.stringValue ?? ""
        guard AccessRole(rawValue: role)?.isOfExecutor != true else {
            throw CommandFailure.usage(
                "That token is for a machine (\(role)), not for a person.",
                next: "On the machine: ygg executor join --coordinator \(address) --token …"
            )
        }
        logins.keep(token, for: address)
        try PrivateFile.write(logins.text, to: path)
        Console.error("You are \(principal["name"]?.stringValue ?? "") (\(role)) at \(address). Kept in \(path).\n")
    }
}

/// Asks for what is not to be seen.
enum SecretPrompt {
    /// A line from the terminal without its echo, or the whole of standard input where there is none.
    static func read(_ prompt: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            return try TextArgument.read("-", option: "token").filter { !$0.isWhitespace }
        }
        Console.error(prompt)
        var settings = termios()
        let isKnown = tcgetattr(STDIN_FILENO, &settings) == 0
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        if isKnown { tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) }
        let line = readLine()
        if isKnown {
            var before = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
        }
        Console.error("\n")
        return (line ?? "").filter { !$0.isWhitespace }
    }
}
