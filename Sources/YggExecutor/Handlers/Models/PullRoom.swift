import Synchronization
import YggAgent
import YggCore
import YggProcess

/// Whether there is room for what is fetched, where the server is on this machine: a disk that a model has filled fails
/// everything else on it.
final class PullRoom: Sendable {
    private let choice: ModelChoice
    private let run: AttemptRun
    /// Where the server keeps its models, as far as that can be known from here.
    private let folder: String?
    /// The size for which it was looked last.
    private let checked = Mutex<Int64>(0)

    init(_ choice: ModelChoice, _ run: AttemptRun) {
        self.choice = choice
        self.run = run
        let isHere = (choice.provider.service as? OllamaProvider)?.settings.host.isLocal ?? false
        let environment = run.context.environment
        let folders = [
            environment["OLLAMA_MODELS"], environment["HOME"].map { "\($0)/.ollama/models" },
            "/usr/share/ollama/.ollama/models",
        ]
        folder = isHere ? folders.compactMap { $0 }.first(where: LocalFiles.exists) : nil
    }

    /// Looks whenever more turns out to be needed than was known: parts are told of as their turn comes.
    func check(_ progress: PullProgress) async throws {
        guard let folder, checked.withLock({ $0 < progress.totalBytes }) else { return }
        checked.withLock { $0 = progress.totalBytes }
        let collected = await run.collect(["df", "-P", "-k", "--", folder])
        guard let disk = Filesystem.parse(collected.stdout).first else { return }
        let needed = progress.totalBytes - progress.completedBytes
        guard needed > disk.free else { return }
        throw ModelFailure(
            .diskFull,
            "\(choice.name) needs \(bytes(needed)) more, and \(bytes(disk.free)) are free where \(folder) is.",
            at: choice.place
        )
    }
}
