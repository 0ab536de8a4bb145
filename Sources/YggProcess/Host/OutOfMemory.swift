import Glibc

/// Tells a kill for want of memory from any other.
enum OutOfMemory {
    /// What a shell exits with when its command was ended by SIGKILL.
    private static let shellKilled = 128 + SIGKILL

    /// The count of such kills, of our own cgroup if it keeps one, else of the whole machine.
    static func kills() -> Int? {
        ControlGroup.own()?.outOfMemoryKills ?? SmallFile.read("/proc/vmstat").flatMap { count("oom_kill", in: $0) }
    }

    /// The value in a file of lines "name value".
    static func count(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }

    /// Whether an ending is the kernel's doing: SIGKILL that we did not send, to the leader or to what a leading shell
    /// ran, while the count grew. The count may have grown by a neighbour's kill; that and an unexplained SIGKILL at
    /// the same moment are so rarely two things that "out of memory" is the better answer.
    static func explains(
        _ ending: ProcessOutcome.Ending,
        sentByUs: Bool,
        killsBefore: Int?,
        killsAfter: @autoclosure () -> Int?
    ) -> Bool {
        guard !sentByUs, ending == .signalled(SIGKILL) || ending == .exited(shellKilled) else { return false }
        guard let killsBefore, let killsAfter = killsAfter() else { return false }
        return killsAfter > killsBefore
    }
}
