import ArgumentParser
import YggCoordinator
import YggCore

/// `ygg restore`.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring a household back from a backup, onto a machine that has none.",
        discussion: """
            DIR is a backup, or a folder of backups, of which the newest is taken. Everything is looked through before \
            anything is written, and a data directory that is used is refused. The restored store gets a new id: every \
            executor that comes back to it ends what it was doing and registers anew, and what it has to tell of the lost \
            time is refused.

            EXAMPLES
              ygg restore /mnt/backups/yggdrasil
              ygg restore /mnt/backups/yggdrasil/yggdrasil-20260301T030000Z --data-dir /tmp/drill
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("What `ygg backup` has made, or the folder it lies in.", valueName: "dir"))
    var directory: String

    func run() async throws {
        let backup = try HouseholdRestore.backup(at: directory)
        let layout = try store.layout()
        try makeDirectories(layout.directory)
        let progress = ArtifactProgress()
        let now = ProcessContext.now()
        let result = try await HouseholdRestore.run(backup, into: layout, at: now) { progress.show($0) }
        progress.end()
        let account = RestoreAccount(result, dataDirectory: layout.directory, now: now)
        Results(output).one(account.json) { account.text(style: $0) }
    }
}

/// What a restore brought back, and what a person does now.
struct RestoreAccount: Sendable {
    let result: HouseholdRestore.Result
    let dataDirectory: String
    /// Tokens of people that are valid now: those that were revoked since are among them.
    let people: [AccessToken]
    /// Executors whose key the restored store knows, and that show it unless they have renewed it since.
    let known: [String]
    /// Executors that have to join again: the key that the store knows is over, or was replaced by now.
    let strangers: [String]

    init(_ result: HouseholdRestore.Result, dataDirectory: String, now: Timestamp) {
        self.result = result
        self.dataDirectory = dataDirectory
        let valid = result.tokens.filter { $0.state(at: now) == .valid }
        people = valid.filter { !$0.role.isOfExecutor }
        let keys = result.tokens.filter { $0.role == .executor }
        let inUse = Set(keys.filter { Self.isInUse($0, at: now) }.map(\.name))
        known = inUse.sorted()
        strangers = Set(keys.map(\.name)).subtracting(inUse).sorted()
    }

    /// An executor renews its key when two thirds of its life are over.
    private static func isInUse(_ key: AccessToken, at now: Timestamp) -> Bool {
        guard key.state(at: now) == .valid else { return false }
        guard let end = key.expiresAt else { return true }
        return now < key.createdAt + (end - key.createdAt) / 3 * 2
    }

    var json: JSONObject {
        let manifest = result.backup.manifest
        var object: JSONObject = [
            "backup": .string(result.backup.path), "madeAt": .string(manifest.madeAt.description),
            "storeId": .string(result.store.storeID), "openTasks": .int(Int64(result.store.openTasks)),
        ]
        for (key, value) in manifest.contents.json.members where key != "storeId" { object.append(key, value) }
        object.append("keys", .array(result.keys.map(JSON.string)))
        object.append("configuration", .optional(result.configuration))
        object.append("missing", .array(result.store.missing.map(JSON.string)))
        object.append("validTokens", .array(people.map { .string($0.id.rawValue) }))
        object.append("knownExecutors", .array(known.map(JSON.string)))
        object.append("mustJoin", .array(strangers.map(JSON.string)))
        return object
    }

    func text(style: Style) -> String {
        let manifest = result.backup.manifest
        var details = Details()
        details.add("backup", result.backup.path, .bold)
        details.add("made", "\(manifest.madeAt) on \(manifest.host)")
        details.add("store", "\(result.store.storeID), in \(dataDirectory)")
        details.add(manifest.contents, shared: 0)
        details.add("open tasks", String(result.store.openTasks))
        if !result.store.missing.isEmpty {
            details.add("missing", "\(result.store.missing.count) artifacts that the backup lacked too", .yellow)
        }
        details.add("keys", result.keys.joined(separator: ", "))
        return details.rendered(style: style) + "\n" + steps.map { "next: \($0)\n" }.joined()
    }

    /// What a person does now, in its order.
    var steps: [String] {
        var steps: [String] = []
        if let file = result.configuration {
            let place = result.backup.manifest.configuration ?? "its place"
            steps.append("put the configuration in its place: \(file) was \(place); or name it with --config")
            steps.append("what it refers to with file: and env: is in no backup; put that back, too")
        }
        steps.append("start it: ygg coordinator --data-dir \(dataDirectory)")
        if !people.isEmpty {
            let names = Set(people.map(\.name)).sorted().joined(separator: ", ")
            steps.append("these tokens are valid; revoke again what was revoked since the backup: \(names)")
        }
        if !strangers.isEmpty {
            steps.append("the keys of these executors are over, they join again: \(strangers.joined(separator: ", "))")
        }
        steps.append(
            "an executor that joined or renewed its key since the backup is refused until it joins again: "
                + "ygg token create NAME --role join"
        )
        return steps
    }
}
