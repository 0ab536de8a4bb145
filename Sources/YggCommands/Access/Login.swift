import ArgumentParser
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
