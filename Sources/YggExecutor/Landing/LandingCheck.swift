import YggAgent
import YggCore

/// Checks what lands with the commands that were approved: like everything a repository brings along, they run isolated.
struct LandingCheck: Sendable {
    private let folder: SessionFolder
    private let context: HandlerContext

    init(_ folder: SessionFolder, _ context: HandlerContext) {
        self.folder = folder
        self.context = context
    }

    func run(_ commands: [[String]], in path: String) async -> [Verified] {
        guard let setting = try? await folder.setting(root: path, gitDirectory: nil, context) else {
            return commands.map { Verified($0, exitCode: 127) }
        }
        var verified: [Verified] = []
        for argv in commands {
            await context.emit(.progress, ["text": .string("Runs \(argv.joined(separator: " "))")])
            let report = await CommandCheck(setting).run(argv)
            verified.append(
                Verified(argv, exitCode: report.exitCode.map(Int64.init) ?? (report.ended == nil ? 127 : 137))
            )
        }
        return verified
    }
}
