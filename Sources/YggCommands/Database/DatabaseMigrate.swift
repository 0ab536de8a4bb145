import ArgumentParser
import YggCoordinator
import YggCore

/// `ygg db migrate`.
struct DatabaseMigrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the store to this version's schema. The coordinator must be stopped.",
        discussion: """
            A coordinator does this by itself when it starts; here it can be done before. A copy of the store as it was \
            is made first and kept. All steps are one transaction: a migration that is killed half way leaves the store \
            as it was.

            EXAMPLES
              ygg db migrate
              ygg db migrate --data-dir /var/lib/yggdrasil --json
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let result = try await StoreMigration.run(try store.layout())
        var object: JSONObject = ["from": .int(result.from), "to": .int(result.to)]
        object.append("copy", .optional(result.copy))
        Results(output).one(object) { _ in
            guard let copy = result.copy else { return "It has schema \(result.to) already: nothing to do.\n" }
            return "From schema \(result.from) to \(result.to). The store as it was: \(copy)\n"
        }
    }
}
