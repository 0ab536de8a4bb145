/// What a kind of task is: its parameters and how its attempts are treated. The same value describes a kind that
/// is built in, one that is declared in YAML, and one that a remote executor offers.
package struct KindSpec: Sendable, Hashable {
    package enum Origin: String, Sendable, Hashable, CaseIterable {
        case builtIn, declared
    }

    package var kind: TaskKind
    package var description: String
    package var params: [ParameterSpec]
    package var slots: Slots
    package var timeout: Milliseconds?
    package var retry: RetryPolicy
    package var onLost: OnLost
    /// What a person must see before or after an attempt.
    package var tier: [Tier]
    /// May wait on the executor before a slot is free: for short work.
    package var prefetch: Bool
    package var origin: Origin
    /// Whether parameters beyond `params` are passed on as they are: for agents that never said what theirs are.
    package var acceptsAnyParams: Bool
    /// What its commands are given of the executor's secrets, whatever a task says.
    package var secrets: [SecretUse]
    /// Whether it begins with asking a model, so that it is of no use to start it where no server of one answers.
    package var asksModel: Bool
    /// Parameters of which a task must give one at least; empty where it need not.
    package var needsOneOf: [String]

    package init(
        kind: TaskKind,
        description: String,
        params: [ParameterSpec] = [],
        slots: Slots = .one,
        timeout: Milliseconds? = nil,
        retry: RetryPolicy = RetryPolicy(),
        onLost: OnLost? = nil,
        tier: [Tier] = [],
        prefetch: Bool = false,
        origin: Origin = .builtIn,
        acceptsAnyParams: Bool = false,
        secrets: [SecretUse] = [],
        asksModel: Bool = false,
        needsOneOf: [String] = []
    ) {
        self.kind = kind
        self.description = description
        self.params = params
        self.slots = slots
        self.timeout = timeout
        self.retry = retry
        self.onLost = onLost ?? KindSpec.defaultOnLost(kind)
        self.tier = tier
        self.prefetch = prefetch
        self.origin = origin
        self.acceptsAnyParams = acceptsAnyParams
        self.secrets = secrets
        self.asksModel = asksModel
        self.needsOneOf = needsOneOf
    }

    /// Work that acts on the world is not repeated unasked.
    package static func defaultOnLost(_ kind: TaskKind) -> OnLost {
        switch kind.rawValue {
        case "power-off", "power-reboot": .succeed
        case "ops-packages", "ops-ansible", "git-commit", "git-push": .fail
        default: kind.prefix == "power-" ? .fail : .requeue
        }
    }

    /// What a person must see of a task with these parameters. An answer about code that came with the task, and not
    /// about a repository, changes nothing that is anybody's.
    package func tier(for params: JSONObject) -> [Tier] {
        guard asksModel, let repository = repositoryParameter, !repository.isRequired else { return tier }
        return params[repository.name]?.stringValue?.isEmpty ?? true ? [] : tier
    }

    /// Whether a parameter names a repository, and which.
    package var repositoryParameter: ParameterSpec? { params.first { $0.type == .repository } }

    /// What the commands of a task with these parameters are given of the executor's secrets.
    package func secretUses(params: JSONObject) -> [SecretUse] {
        secrets
            + params.members.compactMap { member in
                guard
                    case .secret(_, let variable, let asFile)? = self.params.first(where: { $0.name == member.key })?
                        .type,
                    let name = member.value.stringValue
                else { return nil }
                return SecretUse(variable: variable, secret: name, asFile: asFile)
            }
    }

    /// The kind, with `names` among what its parameters may name of secrets.
    package func allowing(_ names: [String]) -> KindSpec {
        var copy = self
        for (index, parameter) in params.enumerated() {
            guard case .secret(let choices, let variable, let asFile) = parameter.type else { continue }
            let added = names.filter { !choices.contains($0) }
            copy.params[index].type = .secret(choices: choices + added, variable: variable, asFile: asFile)
        }
        return copy
    }

    /// Checks `values` against the parameters and fills in the defaults.
    /// - Throws: `InvalidInput` with a pointer to every value that is wrong.
    package func validate(_ values: JSONObject, at pointer: String = "/params") throws(InvalidInput) -> JSONObject {
        var reader = ObjectReader(values, at: pointer)
        var complete = JSONObject(minimumCapacity: params.count)
        for parameter in params {
            guard let value = reader.value(parameter.name) else {
                if let fallback = parameter.fallback {
                    complete.append(parameter.name, fallback)
                } else if parameter.isRequired {
                    reader.complain(parameter.name, "is required: \(parameter.summary)")
                }
                continue
            }
            do throws(InvalidInput) {
                complete.append(parameter.name, try parameter.check(value, at: reader.path(parameter.name)))
            } catch {
                reader.adopt(error)
            }
        }
        if let first = needsOneOf.first, needsOneOf.allSatisfy({ saysNothing(values[$0]) }) {
            reader.complain(first, "is required, or another of \(needsOneOf.joined(separator: ", "))")
        }
        if acceptsAnyParams {
            for member in values.members where complete[member.key] == nil && member.value != .null {
                complete.append(member.key, member.value)
            }
            reader.ignoresUnknown = true
        }
        try reader.finish()
        return complete
    }
}

/// Whether the value of a parameter is none: absent, null, blank or an empty array.
package func saysNothing(_ value: JSON?) -> Bool {
    guard let value, value != .null else { return true }
    return value.stringValue?.allSatisfy(\.isWhitespace) ?? value.arrayValue?.isEmpty ?? false
}
