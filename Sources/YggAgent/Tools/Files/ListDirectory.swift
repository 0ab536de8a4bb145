import Glibc
import SystemPackage

/// Lists a directory, sorted, as deep as asked for.
struct ListDirectory: Tool {
    let files: WorkspaceFiles
    let limits: ToolLimits

    let spec = ToolSpec(
        name: "list_directory",
        description: "Lists files and directories. Directories end with /.",
        parameters: [
            .init("path", .string, "The directory, relative to the workspace; its top if left out."),
            .init("depth", .integer, "How many levels to show, from 1 to 5; 1 if left out."),
        ]
    )

    /// What nobody looks for something in: shown, and not entered.
    private static let bulky: Set = [
        "node_modules", "__pycache__", ".build", ".venv", "venv", "target", ".tox", ".mypy_cache", ".pytest_cache",
        ".ruff_cache", ".gradle", ".idea",
    ]
    /// The most names of one directory that are looked at.
    private static let mostNames = 20_000

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let depth = try arguments.int("depth", in: 1...5) ?? 1
        let place = try files.place(arguments.string("path") ?? ".")
        var listing = Listing(room: limits.listEntries)
        try list(try files.directory(place), shown: place.path, prefix: "", depth: depth, into: &listing)
        guard !listing.lines.isEmpty else { return ToolResult("[\(VisibleText.quoted(place.path)) is empty]") }
        if listing.left > 0 {
            listing.lines.append(
                "[\(listing.left) more \(listing.left == 1 ? "entry is" : "entries are") not shown: list a directory below, or use search_files]"
            )
        }
        return ToolResult(listing.lines.joined(separator: "\n"))
    }

    private struct Listing {
        var lines: [String] = []
        var left = 0
        let room: Int

        init(room: Int) { self.room = room }
    }

    private func list(
        _ directory: Descriptor,
        shown: String,
        prefix: String,
        depth: Int,
        into listing: inout Listing
    ) throws(ToolRefusal) {
        let names: [String]
        do throws(Errno) {
            names = try directory.names(limit: Self.mostNames).filter { !WorkspacePath.isGit($0) }.sorted()
        } catch {
            throw ToolRefusal("\(VisibleText.quoted(shown)) cannot be listed: \(error).")
        }
        for name in names {
            guard listing.lines.count < listing.room else {
                listing.left += 1
                continue
            }
            // Gone since, or not to be looked at: a listing is of what there is.
            guard let status = try? directory.status(of: name) else { continue }
            let path = prefix + name
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                listing.lines.append(VisibleText.quoted(path) + "/")
                guard depth > 1, !Self.bulky.contains(name) else { continue }
                guard let below = try? Descriptor.open(name, in: directory, Descriptor.byName | O_DIRECTORY) else {
                    continue
                }
                try list(below, shown: path, prefix: path + "/", depth: depth - 1, into: &listing)
            case S_IFLNK:
                let target = (try? directory.link(name)) ?? "?"
                listing.lines.append("\(VisibleText.quoted(path)) -> \(VisibleText.quoted(target))")
            case S_IFREG: listing.lines.append("\(VisibleText.quoted(path))  \(status.st_size) bytes")
            default: listing.lines.append("\(VisibleText.quoted(path))  no regular file")
            }
        }
    }
}
