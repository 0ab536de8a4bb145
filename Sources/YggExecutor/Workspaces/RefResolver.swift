import YggCore
import YggProcess

/// Turns what a person calls a commit (a branch, a tag, the beginning of a hash, `main~2`) into its whole hash.
///
/// Everything after this works with hashes, so that a name cannot be taken for an option or move on meanwhile.
struct RefResolver: Sendable {
    let git: Git
    let place: Git.Place
    /// Whether the branches stand under `refs/remotes/origin`, as in a mirror.
    let isMirror: Bool
    /// The repository, for messages.
    let name: String

    /// - Parameter ref: nil is HEAD.
    /// - Throws: `unknown-ref`, naming what comes near.
    func commit(_ ref: String?) async throws(HandlerFailure) -> String {
        let ref = ref.flatMap { $0.isEmpty ? nil : $0 } ?? "HEAD"
        for candidate in Self.candidates(for: ref, inMirror: isMirror) {
            let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(candidate)^{commit}"]
            let collected = await git.collect(arguments, at: place)
            let hash = collected.stdout.trimmed
            if collected.outcome.succeeded, !hash.isEmpty, hash.utf8.allSatisfy(isHexDigit) { return hash }
            if let failure = await git.failure(collected, of: arguments), failure.error.code != "exit-code" {
                throw failure
            }
        }
        throw await unknown(ref)
    }

    /// The names to try, in this order.
    static func candidates(for ref: String, inMirror: Bool) -> [String] {
        guard inMirror else { return [ref] }
        let head = "HEAD"
        if ref.hasPrefix(head), ref.dropFirst(head.count).first.map({ "~^@".contains($0) }) ?? true {
            return ["refs/ygg/head" + ref.dropFirst(head.count)]
        }
        for prefix in ["refs/heads/", "origin/", "refs/remotes/origin/"] where ref.hasPrefix(prefix) {
            return ["refs/remotes/origin/" + ref.dropFirst(prefix.count)]
        }
        let isHash = ref.utf8.prefix { isHexDigit($0) }.count >= 4
        return ["refs/remotes/origin/\(ref)", "refs/tags/\(ref)"] + (isHash || ref.hasPrefix("refs/tags/") ? [ref] : [])
    }

    private func unknown(_ ref: String) async -> HandlerFailure {
        let namespaces = ["refs/remotes", "refs/tags"] + (isMirror ? [] : ["refs/heads"])
        let listing = await git.collect(
            ["for-each-ref", "--sort=-creatordate", "--count=1000", "--format=%(refname)"] + namespaces,
            at: place
        )
        let names = listing.stdout.split(separator: "\n").map { Self.short(String($0), inMirror: isMirror) }
        guard !names.isEmpty else {
            return HandlerFailure(
                code: "unknown-ref",
                detail: "\(name) has no \(ref): there is no commit in it yet.",
                retryable: false
            )
        }
        let near = Self.near(ref, among: names)
        let hint =
            near.isEmpty
            ? "the latest are \(names.prefix(5).joined(separator: ", "))"
            : "near to it are \(near.joined(separator: ", "))"
        return HandlerFailure(
            code: "unknown-ref",
            detail: "\(name) has no branch, tag or commit \(ref); \(hint).",
            retryable: false
        )
    }

    private static func short(_ ref: String, inMirror: Bool) -> String {
        let prefixes = ["refs/heads/", "refs/tags/", inMirror ? "refs/remotes/origin/" : "refs/remotes/"]
        return prefixes.first(where: ref.hasPrefix).map { String(ref.dropFirst($0.count)) } ?? ref
    }

    /// Up to five names that a person may have meant: within a typing error, or one within the other.
    static func near(_ ref: String, among names: [String]) -> [String] {
        let word = ref.lowercased()
        // Two letters that changed places are two edits.
        let limit = word.count < 4 ? 1 : max(2, word.count / 3)
        let ranked = names.compactMap { name -> (name: String, distance: Int)? in
            let other = name.lowercased()
            let last = other.split(separator: "/").last.map(String.init) ?? other
            let distance = min(editDistance(word, other), editDistance(word, last))
            let contains = word.count >= 3 && (other.contains(word) || (other.count >= 3 && word.contains(other)))
            return distance <= limit || contains ? (name, distance) : nil
        }
        return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
    }
}
