import YggCore

/// What may be said of any container of the fleet. What is left out is as the table of run options has it.
package struct FleetContainer: Sendable, Hashable {
    package let memory: ByteSize?
    package let cpus: Double?
    /// Processes and threads.
    package let pids: Int?
    package let mounts: [FleetMount]
    package let environment: [String: String]
    /// A file on the machine with more variables, secrets among them.
    package let environmentFile: String?
    /// Further options of `podman run`, each one argument.
    package let options: [String]

    init(reading reader: inout ObjectReader) {
        memory = reader.read("memory", .size(ByteSize.mebibytes(64)...ByteSize.gibibytes(4096)))
        cpus = reader.number("cpus")
        if let cpus, !(0.1...1024).contains(cpus) { reader.complain("cpus", "must be from 0.1 to 1024, not \(cpus)") }
        pids = reader.int("pids", in: 64...1_000_000).map { Int($0) }
        mounts = reader.list("mounts", .mount) ?? []
        environment = reader.variables("environment") ?? [:]
        environmentFile = reader.read("environmentFile", .path)
        options = reader.list("options", .runOption) ?? []
    }

    /// Adds what it says.
    func write(to object: inout JSONObject) {
        object.append("memory", .optional(memory.map(\.bytes)))
        object.append("cpus", cpus.map { $0 == $0.rounded() ? .int(Int64($0)) : .double($0) })
        object.append("pids", .optional(pids.map { Int64($0) }))
        object.append("mounts", .array(mounts.map(\.json)))
        object.append(
            "environment",
            .object(JSONObject(environment.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        )
        object.append("environmentFile", .optional(environmentFile))
        object.append("options", .array(options.map(JSON.string)))
    }
}

extension TextForm where Value == String {
    fileprivate static let runOption = TextForm(
        parse: { text throws(ValueProblem) in
            guard text.wholeMatch(of: /--[a-z][a-z0-9-]*(=[^\n\r\0]*)?/) != nil else {
                throw ValueProblem(mustBe: "one option of podman run, such as --security-opt=label=disable", not: text)
            }
            return text
        },
        text: { $0 }
    )
}

extension ObjectReader {
    /// Variables and their values. A secret would stand in the arguments of `podman`, for every user to read.
    fileprivate mutating func variables(_ key: String) -> [String: String]? {
        guard let object = object(key) else { return nil }
        var variables: [String: String] = [:]
        for (name, value) in object.members {
            let at = "\(path(key))/\(name)"
            if name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) == nil {
                adopt(InvalidInput(at, "is no name of a variable"))
            } else if name.contains(/(TOKEN|SECRET|PASSWORD|API_KEY|SECRET_KEY)$/) {
                adopt(
                    InvalidInput(
                        at,
                        "is a secret, and does not belong in this file; put it into the file that environmentFile names"
                    )
                )
            }
            switch value {
            case .string(let text) where !text.contains(where: \.isNewline) && !text.utf8.contains(0):
                variables[name] = text
            case .int(let number): variables[name] = String(number)
            case .bool(let flag): variables[name] = String(flag)
            default: adopt(InvalidInput(at, "must be one line of text"))
            }
        }
        return variables
    }
}
