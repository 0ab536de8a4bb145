import YggCore
import YggProcess

/// Fills the submodules of a work tree, each from a mirror of its own.
///
/// `git submodule` is not used: it runs git inside repositories that a stranger has configured, keeps URLs in the
/// mirror's configuration where they would outlive the attempt, and would fetch again what another attempt has
/// fetched. What is left is small: a path, a URL, and the commit that the parent names.
struct Submodules: Sendable {
    let git: Git

    /// A work tree whose submodules are to be filled.
    struct Tree: Sendable {
        var path: String
        var commit: String
        var place: Git.Place
        /// What relative URLs are relative to.
        var origin: RepositoryAddress?
        var depth = 0
    }

    private struct Submodule {
        var path: String
        var url: String
        var commit: String
    }

    private static let deepest = 5
    private static let most = 100

    /// A submodule that may not be fetched is left out with a message, and so is one without a place in the tree; one
    /// that cannot be fetched now fails the attempt, because a build without it would fail for a worse reason.
    func fill(_ tree: Tree, mirrors: inout [Mirror]) async throws(HandlerFailure) {
        for submodule in try await submodules(of: tree) {
            let address: RepositoryAddress
            do throws(HandlerFailure) {
                address = try Self.address(submodule.url, relativeTo: tree.origin)
                try Self.check(path: submodule.path, in: tree.path)
            } catch {
                await leaveOut(submodule.path, error.error.detail)
                continue
            }
            guard tree.depth < Self.deepest, mirrors.count < Self.most else {
                await leaveOut(submodule.path, "there are too many, or they are nested too deeply.")
                continue
            }
            var mirror = Mirror(of: address, git: git)
            try await mirror.update(commit: submodule.commit)
            mirrors.append(mirror)
            let path = "\(tree.path)/\(submodule.path)"
            let place = try await Worktree.add(to: mirror, path: path, commit: submodule.commit, branch: nil)
            _ = try await git.output(["reset", "--hard", "--quiet"], at: place)
            let inner = Tree(path: path, commit: submodule.commit, place: place, origin: address, depth: tree.depth + 1)
            try await fill(inner, mirrors: &mirrors)
        }
    }

    private func leaveOut(_ path: String, _ why: String) async {
        await git.run.message("The submodule \(path) is left out: \(why)", warning: true)
    }

    // MARK: - What the parent says

    private func submodules(of tree: Tree) async throws(HandlerFailure) -> [Submodule] {
        let file = await git.collect(["ls-tree", "-z", tree.commit, "--", ".gitmodules"], at: tree.place)
        // A regular file: a link would let the tree choose what is read.
        guard file.stdout.hasPrefix("100") else { return [] }
        let listing = await git.collect(
            ["config", "--blob", "\(tree.commit):.gitmodules", "--no-includes", "--null", "--list"],
            at: tree.place
        )
        guard listing.outcome.succeeded else {
            await git.run.message(
                "Submodules are left out: .gitmodules cannot be read: \(Git.reason(in: listing.stderr))",
                warning: true
            )
            return []
        }
        var submodules: [Submodule] = []
        for (path, url) in Self.declared(RepositoryView.parse(listing.stdout)) {
            let entry = await git.collect(["ls-tree", "-z", tree.commit, "--", path], at: tree.place).stdout
            // "160000 commit <hash>\t<path>": a declaration without a commit in the tree is a left-over.
            let words = entry.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count >= 3, words[0] == "160000" else { continue }
            submodules.append(Submodule(path: path, url: url, commit: String(words[2])))
        }
        return submodules
    }

    /// Path and URL of each submodule that has both, in the order of the file.
    static func declared(_ settings: [GitSetting]) -> [(path: String, url: String)] {
        var names: [String] = []
        var values: [String: String] = [:]
        for setting in settings where setting.key.hasPrefix("submodule.") {
            for member in [".path", ".url"] where setting.key.hasSuffix(member) {
                let name = String(setting.key.dropFirst("submodule.".count).dropLast(member.count))
                if !names.contains(name) { names.append(name) }
                values[name + member] = setting.value
            }
        }
        return names.compactMap { name in
            guard let path = values[name + ".path"], let url = values[name + ".url"] else { return nil }
            return (path, url)
        }
    }

    /// Where a submodule comes from. It is a stranger's text: only another machine may be named, never a path here.
    static func address(_ url: String, relativeTo origin: RepositoryAddress?) throws(HandlerFailure)
        -> RepositoryAddress
    {
        var text = url
        if url.hasPrefix("./") || url.hasPrefix("../") {
            guard case .url(let base)? = origin else {
                throw .unreachableRepository("its URL \(url) is relative, and its parent has no URL.")
            }
            text = Self.resolve(url, relativeTo: base)
        }
        let address = try RepositoryAddress(text)
        guard case .url = address else {
            throw .unreachableRepository("its URL \(url) is a path, and only other machines may be named.")
        }
        return address
    }

    /// As git does it: each `../` takes a component off the parent's URL.
    static func resolve(_ relative: String, relativeTo base: String) -> String {
        var base = base[...]
        var rest = relative[...]
        while base.last == "/" { base.removeLast() }
        var separator = "/"
        while true {
            if rest.hasPrefix("./") {
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("../") {
                rest = rest.dropFirst(3)
                guard let cut = base.lastIndex(where: { $0 == "/" || $0 == ":" }) else { break }
                separator = base[cut] == ":" ? ":" : "/"
                base = base[..<cut]
            } else {
                break
            }
        }
        return base + separator + rest
    }

    /// A submodule must lie where its path says: below the tree, and not through a link that the tree brought along.
    private static func check(path: String, in tree: String) throws(HandlerFailure) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { !["", ".", ".."].contains($0) && $0.lowercased() != ".git" }
        guard isPlain, !path.hasPrefix("-"), let root = LocalFiles.resolve(tree),
            LocalFiles.resolve("\(tree)/\(path)") == "\(root)/\(path)"
        else { throw .unreachableRepository("its path does not lie in the work tree.") }
    }
}
