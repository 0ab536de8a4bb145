import YggClient
import YggCore

/// Where a round works: its repository, who works in it, and what is to be removed in the end.
struct ScratchGround: Sendable {
    private(set) var repository: ScratchRepository?
    private var earlier: [ScratchRepository] = []
    private var mirrors: [String] = []
    private let environment: [String: String]
    /// Who sees the repository; nil where nobody does.
    var executor: String?
    var kinds: Set<String> = []
    /// Why nobody does.
    var lack = ""

    init(environment: [String: String]) { self.environment = environment }

    /// nil where nobody works in it.
    var path: String? { executor == nil ? nil : repository?.path }

    /// Makes another repository, because nobody sees the one before.
    /// - Returns: its path.
    mutating func make(in directory: String) async throws(CommandFailure) -> String {
        let made = try await ScratchRepository(in: directory, environment: environment)
        if let repository { earlier.append(repository) }
        repository = made
        return made.path
    }

    mutating func noteMirror(_ task: TaskView) {
        if let mirror = task.result?["mirror"]?.stringValue { mirrors.append(mirror) }
    }

    /// - Returns: what is still there.
    func remove() -> [String] {
        (earlier + [repository].compactMap(\.self)).flatMap { $0.remove(mirrors: mirrors) }
    }
}
