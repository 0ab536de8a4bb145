/// The cgroup (version 2) this process runs in.
struct ControlGroup: Sendable {
    /// Its directory.
    let path: String

    /// - Parameter root: A directory in place of `/`, for tests.
    static func own(root: String = "") -> ControlGroup? {
        guard let memberships = SmallFile.read("\(root)/proc/self/cgroup") else { return nil }
        // "0::/path" is the unified hierarchy; other lines are version 1.
        guard let line = memberships.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return nil }
        let relative = line.dropFirst("0::".count)
        return ControlGroup(path: "\(root)/sys/fs/cgroup" + (relative == "/" ? "" : relative))
    }

    /// Kills for want of memory in this group and the groups below it. Nil where the group does not count memory.
    var outOfMemoryKills: Int? {
        SmallFile.read("\(path)/memory.events").flatMap { OutOfMemory.count("oom_kill", in: $0) }
    }

    /// Memory is bounded here: the group has a limit of its own, or may give its children one.
    var limitsMemory: Bool {
        if let limit = words("memory.max").first, limit != "max" { return true }
        return words("cgroup.subtree_control").contains("memory")
    }

    private func words(_ file: String) -> [Substring] {
        SmallFile.read("\(path)/\(file)")?.split(whereSeparator: \.isWhitespace) ?? []
    }
}
