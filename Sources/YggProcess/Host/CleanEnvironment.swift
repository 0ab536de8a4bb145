/// An environment fit for a child: of ours only what a program needs to find its way, so that none of our tokens and
/// passwords reaches a command, an agent or a model. An allow-list, because secrets have no common name.
///
/// SHELL is left out: commands are argv, and what starts a shell should name it.
///
/// - Parameters:
///   - environment: Our own.
///   - extra: What this child is to have besides. It wins over ours.
package func cleanEnvironment(
    from environment: [String: String],
    extra: [String: String] = [:]
) -> [String: String] {
    let allowed: Set = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER", "LOGNAME"]
    return
        environment
        .filter { allowed.contains($0.key) || $0.key.hasPrefix("LC_") }
        .merging(extra) { $1 }
}
