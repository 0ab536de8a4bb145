package import YggCore

/// A directory of a machine that is seen in a container.
package struct FleetMount: Sendable, Hashable {
    /// Absolute, or `~/…` of the user who runs the container.
    package let source: String
    /// Absolute.
    package let target: String
    /// As podman takes them, separated by commas.
    package let options: String

    package var isWritable: Bool { !options.split(separator: ",").contains("ro") }

    package var json: JSON { ["source": .string(source), "target": .string(target), "options": .string(options)] }
}

extension TextForm where Value == FleetMount {
    /// `SOURCE:TARGET[:OPTIONS]`. A label is always asked for, or SELinux would refuse every access.
    static let mount = TextForm(
        parse: { text throws(ValueProblem) in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard (2...3).contains(parts.count) else {
                throw ValueProblem(
                    mustBe: "SOURCE:TARGET or SOURCE:TARGET:OPTIONS, such as /srv/git:/srv/git:z",
                    not: text
                )
            }
            var options = parts.count == 3 ? parts[2].split(separator: ",").map(String.init) : []
            if let odd = options.first(where: { !["ro", "rw", "z", "Z"].contains($0) }) {
                throw ValueProblem("has the option \"\(odd)\"; there are ro, rw, z and Z")
            }
            if !options.contains("z"), !options.contains("Z") { options.append("z") }
            let target = try checkedTarget(parts[1])
            return FleetMount(
                source: try checkedSource(parts[0]),
                target: target,
                options: options.joined(separator: ",")
            )
        },
        text: { "\($0.source):\($0.target):\($0.options)" }
    )
}

extension TextForm where Value == String {
    /// A directory of a machine that may be mounted.
    static let mountSource = TextForm(
        parse: { text throws(ValueProblem) in try checkedSource(text) },
        text: { $0 }
    )
}

/// A label on a home would lock its owner out, and the host's sshd out of `~/.ssh`.
private func checkedSource(_ text: String) throws(ValueProblem) -> String {
    guard text.hasPrefix("/") || text == "~" || text.hasPrefix("~/"), let path = normalized(text) else {
        throw ValueProblem(mustBe: "an absolute path, or one that begins with ~/", not: text)
    }
    if path.wholeMatch(of: /~|\/|\/root|\/var\/roothome|(\/var)?\/home(\/[^\/]*)?/) != nil {
        throw ValueProblem(
            "\"\(text)\" is a whole home; mount the directory that is needed, such as \(path == "/" ? "/srv/git" : "\(path)/src")"
        )
    }
    if path.split(separator: "/").contains(".ssh") {
        throw ValueProblem(
            "\"\(text)\" belongs to the host's own ssh; copy the keys that are needed to a directory made for them, such as "
                + "~/.config/yggdrasil/ssh"
        )
    }
    return path
}

private func checkedTarget(_ text: String) throws(ValueProblem) -> String {
    guard text.hasPrefix("/"), let path = normalized(text), path != "/" else {
        throw ValueProblem(mustBe: "an absolute path in the container", not: text)
    }
    if ["/data", "/workspace", "/etc/yggdrasil", "/tmp", "/proc", "/sys", "/dev"].contains(path) {
        throw ValueProblem("\(path) is the container's own; mount below another directory, such as /srv")
    }
    return path
}

/// The one way to write a path: without doubled slashes, `.` and a slash at the end. `nil` where it goes up again.
private func normalized(_ path: String) -> String? {
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else { return nil }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
}
