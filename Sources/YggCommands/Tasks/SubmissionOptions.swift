import ArgumentParser
import YggCore
import YggProtocol

/// What a submission says beside its kind and parameters.
struct SubmissionOptions: ParsableArguments {
    @Option(help: "One line for people. Default: the beginning of what is asked, else the kind.")
    var title: String?

    @Option(
        help: ArgumentHelp(
            "What is wanted, at length. An agent that is told nothing else is told this.",
            valueName: "text|@file|-"
        )
    )
    var description: String?

    @Option(help: ArgumentHelp("The task in words, for kinds that have a planner or an agent.", valueName: "text"))
    var prompt: String?

    @Option(help: "The task's id. Submitting the same twice is submitting it once.")
    var id: String?

    @Option(name: .customLong("label"), help: "A label, such as executor=huginn. Repeatable.")
    var labels: [String] = []

    @Option(help: ArgumentHelp("From 0, the most urgent, to 4. Default: 2.", valueName: "0-4"))
    var priority: Int64?

    @Option(help: ArgumentHelp("Start after this task has succeeded. Repeatable.", valueName: "task"))
    var after: [String] = []

    @Option(help: ArgumentHelp("Not before: RFC 3339, or from now as +30m or 2h.", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("Among unfinished tasks there is one with this key.", valueName: "key"))
    var dedupeKey: String?

    @Option(
        help: ArgumentHelp(
            "Also ask a person: plan, before it runs, or review, before it counts. Repeatable.",
            valueName: "plan|review"
        )
    )
    var tier: [String] = []

    @Option(
        help: ArgumentHelp(
            "As an operator: do not ask a person for this one. Repeatable.",
            valueName: "plan|review"
        )
    )
    var skipTier: [String] = []

    func validate() throws {
        for word in tier + skipTier where Tier(rawValue: word) == nil {
            throw ValidationError("--tier and --skip-tier are plan or review, not \"\(word)\"")
        }
        if let priority, Priority(priority) == nil { throw ValidationError("--priority must be from 0 to 4") }
        for id in after + (id.map { [$0] } ?? []) { try TaskArgument.check(id) }
    }

    /// The body of `POST /v1/tasks`.
    func body(kind: String?, params: JSONObject, now: Timestamp) throws -> JSONObject {
        var body = JSONObject()
        body.append("kind", .optional(kind))
        body.append("id", .optional(id))
        body.append("title", .optional(title))
        body.append("description", try description.map { .string(try TextArgument.read($0, option: "--description")) })
        body.append("prompt", .optional(prompt))
        if !params.isEmpty { body.append("params", .object(params)) }
        if !labels.isEmpty { body.append("labels", .array(labels.map(JSON.string))) }
        body.append("priority", .optional(priority))
        if !after.isEmpty { body.append("dependsOn", .array(after.map(JSON.string))) }
        if let at {
            guard let time = TimeArgument.parse(at, now: now) else {
                throw CommandFailure.usage(
                    "--at: \"\(at)\" is not a time.",
                    next: "Write 2026-03-01T07:00:00Z, or from now +30m or 2h."
                )
            }
            body.append("notBefore", .string(time.description))
        }
        body.append("dedupeKey", .optional(dedupeKey))
        if !tier.isEmpty { body.append("tier", .array(tier.map(JSON.string))) }
        if !skipTier.isEmpty { body.append("skipTier", .array(skipTier.map(JSON.string))) }
        body.append("source", .string(TaskSource.cli.rawValue))
        return body
    }
}

/// Says of one invocation that its requests are one, however often they are sent.
enum IdempotencyKey {
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return "cli-" + String(random.next() as UInt64, radix: 36) + String(random.next() as UInt64, radix: 36)
    }
}

/// A mistyped option is taken for a parameter, and refused as one. This names the option that was meant, or where the
/// parameters are listed.
enum MistakenOption {
    static let known = [
        "title", "description", "prompt", "id", "label", "priority", "after", "at", "dedupe-key", "wait", "follow",
        "tier", "skip-tier", "timeout", "wait-for", "json", "output", "params", "param", "coordinator",
    ]

    /// - Parameters:
    ///   - kind: what was to be submitted.
    ///   - options: the arguments that became parameters.
    static func explain(_ problem: Problem, kind: String?, options: [String]) -> CommandFailure {
        var failure = CommandFailure(describing: problem)
        let names = problem.issues.filter { $0.pointer.hasPrefix("/params") }
            .compactMap { $0.pointer.split(separator: "/").last.map(String.init) }
        if let kind, !names.isEmpty { failure.next = "`ygg kind show \(kind)` lists the parameters." }
        for name in names where options.contains(where: { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") }) {
            guard let meant = nearest(to: name, among: known) else { continue }
            failure.next = "--\(name) was taken for a parameter; did you mean --\(meant)?"
            break
        }
        return failure
    }
}
