package import YggCore

/// `models:`, whom agents and the `llm-` kinds ask.
package struct ModelsSection: Sendable, Hashable {
    /// For work that names no model, as `provider/model`; without a slash it is one of the first provider's.
    package var defaultModel: String?
    /// In the order of the file. Without the key there is Ollama on this machine; with it, only those it names.
    package var providers = [ModelProviderEntry(name: ModelsSection.defaultProvider, service: .ollama(OllamaEntry()))]

    static let defaultProvider = "ollama"
    static let standardModel = "ollama/qwen2.5-coder:3b"

    package init() {}

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        defaultModel = reader.read("default", .model)
        if let object = reader.object("providers") {
            var nested = ObjectReader(object, at: reader.path("providers"))
            providers = object.keys.compactMap { ModelProviderEntry.read($0, &nested) }
            if object.keys.isEmpty {
                reader.complain("providers", "must name at least one provider; without the key there is Ollama")
            }
            reader.adopt(InvalidInput(issues: nested.issues))
        }
        guard reader.issues.isEmpty, let model = defaultModel, let problem = problem(of: model) else { return }
        reader.complain("default", problem)
    }

    /// Of the provider that is called after it.
    var ollamaURL: String? {
        for case .ollama(let server) in providers.filter({ $0.name == Self.defaultProvider }).map(\.service) {
            return server.url
        }
        return nil
    }

    /// Why work that names no model could not ask for this one; nil where it could.
    func problem(of model: String) -> String? {
        let names = providers.map(\.name)
        // Without a provider it is one of the first.
        guard let slash = model.firstIndex(of: "/") else { return nil }
        let name = String(model[..<slash])
        if names.contains(name) { return nil }
        let hint = nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
        return "names the provider \(name), which is not under models.providers; "
            + (hint ?? "there are \(names.joined(separator: ", "))")
    }
}

/// One entry of `models.providers`.
package struct ModelProviderEntry: Sendable, Hashable {
    package enum Service: Sendable, Hashable {
        case ollama(OllamaEntry)
        /// Plays the scenario in this file.
        case scripted(file: String)
    }

    package var name: String
    package var service: Service

    /// As it is called in the file.
    package var type: String {
        switch service {
        case .ollama: ServiceType.ollama.rawValue
        case .scripted: ServiceType.scripted.rawValue
        }
    }

    private enum ServiceType: String, CaseIterable { case ollama, scripted }

    static func read(_ name: String, _ reader: inout ObjectReader) -> ModelProviderEntry? {
        guard isName(name) else {
            reader.complain(name, "is no name for a provider: a letter, then letters, digits, -, _ and .")
            return nil
        }
        return reader.nested(name) { reader throws(InvalidInput) in
            let type = try reader.required("type") { $0.choice("type", of: ServiceType.self) }
            return ModelProviderEntry(
                name: name,
                service: try {
                    () throws(InvalidInput) in
                    switch type {
                    case .ollama: .ollama(OllamaEntry(reading: &reader))
                    case .scripted: .scripted(file: try reader.required("file") { $0.read("file", .path) })
                    }
                }()
            )
        }
    }

    /// A slash would end it where it is used.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 64 else { return false }
        let isLetter = { (byte: UInt8) in (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") }
        return isLetter(first)
            && name.utf8.allSatisfy {
                isLetter($0) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || "-_.".utf8.contains($0)
            }
    }
}

/// What a file says of one server of Ollama.
package struct OllamaEntry: Sendable, Hashable {
    /// nil means that of Ollama itself.
    package var url: String?
    /// The context of every call, in tokens.
    package var numCtx: Int64 = 16_384
    /// How many answers the server works on at once.
    package var parallel = 1
    /// Whether a model that is missing there is fetched when work asks for it.
    package var allowPull = false
    /// What the whole fleet calls the server; nil means its machine and port.
    package var gate: String?
    package var timers = Timers()

    /// How long it may be silent before it is given up; what is nil is as the agent has it.
    package struct Timers: Sendable, Hashable {
        /// Up to the first word: the wait in its queue, the load of the model, the reading of the prompt.
        package var firstToken: Milliseconds?
        package var betweenTokens: Milliseconds?
        /// For a whole answer.
        package var whole: Milliseconds?
    }

    static let numCtxRange: ClosedRange<Int64> = 512...4_194_304
    static let parallelRange: ClosedRange<Int64> = 1...256
    static let timerRange: ClosedRange<Milliseconds> = .seconds(1)...Milliseconds.days(1)

    package init() {}

    init(reading reader: inout ObjectReader) {
        url = reader.read("url", .url)
        numCtx = reader.int("numCtx", in: Self.numCtxRange) ?? numCtx
        parallel = reader.int("parallel", in: Self.parallelRange).map { Int($0) } ?? parallel
        allowPull = reader.bool("allowPull") ?? allowPull
        gate = reader.string("gate", maxLength: 128)
        if gate == "" {
            reader.complain("gate", "must not be empty; without the key it is the server's machine and port")
        }
        timers =
            reader.nested("timers") { timers throws(InvalidInput) in
                Timers(
                    firstToken: timers.read("firstToken", .duration(Self.timerRange)),
                    betweenTokens: timers.read("betweenTokens", .duration(Self.timerRange)),
                    whole: timers.read("whole", .duration(Self.timerRange))
                )
            } ?? timers
    }
}

extension TextForm where Value == String {
    /// `provider/model`, or the model alone.
    static let model = TextForm(
        parse: { text throws(ValueProblem) in
            guard !text.isEmpty, !text.hasPrefix("-"), !text.hasPrefix("/"), !text.hasSuffix("/"),
                text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
            else { throw ValueProblem(mustBe: "provider/model, such as ollama/qwen2.5-coder:3b", not: text) }
            return text
        },
        text: { $0 }
    )
}
