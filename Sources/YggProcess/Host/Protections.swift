import Glibc

/// What stands between a command and the rest of this machine.
package enum Protections {
    /// The protections that are active here, of:
    /// * `group`: each command is a session and process group of its own, ended as a whole. Always.
    /// * `cgroup`: memory is bounded by our own cgroup (version 2).
    /// * `container`: this process runs in a container.
    package static func detect() -> [String] {
        detect(root: "", container: getenv("container").map { String(cString: $0) })
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
