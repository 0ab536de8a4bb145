import Glibc

/// What stands between a command and the rest of this machine.
package enum Protections {
    /// The protections that are active here, of:
    /// * `group`: each command is a session and process group of its own, ended as a whole. Always.
    /// * `cgroup`: memory is bounded by our own cgroup (version 2).
    /// * `container`: this process runs in a container.
    /// * `processes`: a command of the coding agent sees no process but its own, and none outlives it.
    /// * `network`: such a command reaches no network but its own loopback, unless it is allowed to.
    /// * `secrets`: such a command finds nothing where a person's and the executor's secrets lie.
    /// * `workspaces`: such a command changes nothing in the executor's workspace but its own work tree.
    ///
    /// The last four are tried once in the life of this process, see ``Isolation``.
    package static func detect() async -> [String] {
        let isolation = await Isolation.here
        return detect(root: "", container: getenv("container").map { String(cString: $0) })
            + isolation.parts.map(\.rawValue)
    }

    /// - Parameters:
    ///   - root: A directory in place of `/`, for tests.
    ///   - container: The variable podman, systemd-nspawn and others set in their containers.
    static func detect(root: String, container: String?) -> [String] {
        var active = ["group"]
        if ControlGroup.own(root: root)?.limitsMemory == true { active.append("cgroup") }
        let marks = ["\(root)/run/.containerenv", "\(root)/.dockerenv"]
        if container?.isEmpty == false || marks.contains(where: { access($0, F_OK) == 0 }) {
            active.append("container")
        }
        return active
    }
}
