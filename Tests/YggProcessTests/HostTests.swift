import Glibc
import Testing

@testable import YggProcess

struct HostTests {
    @Test
    func `a child is given what it needs and no secret`() {
        let ours = [
            "PATH": "/bin", "HOME": "/home/u", "LANG": "C", "LC_ALL": "C", "LC_TIME": "C", "TZ": "UTC",
            "TMPDIR": "/tmp",
            "USER": "u", "LOGNAME": "u", "SHELL": "/bin/sh", "YGG_TOKEN": "secret", "LD_PRELOAD": "x",
            "AWS_KEY": "secret",
            "LCD": "no locale",
        ]
        let clean = cleanEnvironment(from: ours, extra: ["TZ": "CET", "YGG_TASK": "t"])
        #expect(
            clean == [
                "PATH": "/bin", "HOME": "/home/u", "LANG": "C", "LC_ALL": "C", "LC_TIME": "C", "TZ": "CET",
                "TMPDIR": "/tmp", "USER": "u", "LOGNAME": "u", "YGG_TASK": "t",
            ]
        )
    }

    @Test(
        arguments: [
            (ProcessOutcome.Ending.signalled(SIGKILL), false, 1, 2, true),
            (.exited(137), false, 1, 2, true),
            (.signalled(SIGKILL), true, 1, 2, false),
            (.signalled(SIGKILL), false, 1, 1, false),
            (.signalled(SIGKILL), false, nil, 2, false),
            (.signalled(SIGKILL), false, 1, nil, false),
            (.signalled(SIGTERM), false, 1, 2, false),
            (.exited(1), false, 1, 2, false),
        ] as [(ProcessOutcome.Ending, Bool, Int?, Int?, Bool)]
    )
    func `out of memory is a SIGKILL of the kernel`(
        ending: ProcessOutcome.Ending,
        sentByUs: Bool,
        before: Int?,
        after: Int?,
        explains: Bool
    ) {
        #expect(
            OutOfMemory.explains(ending, sentByUs: sentByUs, killsBefore: before, killsAfter: after) == explains
        )
    }

    @Test
    func `a counter is read by its whole name`() {
        let events = "low 0\noom 3\noom_kill 2\noom_group_kill 1\n"
        #expect(OutOfMemory.count("oom_kill", in: events) == 2)
        #expect(OutOfMemory.count("max", in: events) == nil)
    }

    @Test
    func `the group is always a protection here`() async {
        #expect(await Protections.detect().first == "group")
    }

    @Test(
        arguments: [
            ([:], nil, ["group"]),
            ([:], "", ["group"]),
            ([:], "podman", ["group", "container"]),
            ([".dockerenv": ""], nil, ["group", "container"]),
            (["run/.containerenv": ""], nil, ["group", "container"]),
            (["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"], nil, ["group"]),
            (["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1024\n"], nil, ["group", "cgroup"]),
            (["proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1024\n"], nil, ["group", "cgroup"]),
            (
                ["proc/self/cgroup": "1:cpu:/\n0::/a\n", "sys/fs/cgroup/a/cgroup.subtree_control": "cpu memory\n"], nil,
                ["group", "cgroup"]
            ),
            (["proc/self/cgroup": "4:memory:/a\n"], nil, ["group"]),
        ] as [([String: String], String?, [String])]
    )
    func `protections are read off the machine`(files: [String: String], container: String?, active: [String]) {
        withTree(files) { root in
            #expect(Protections.detect(root: root, container: container) == active)
        }
    }
}

/// A directory with these files, for as long as `body` runs.
private func withTree(_ files: [String: String], _ body: (String) -> Void) {
    var template = Array("/tmp/ygg-tree-XXXXXX".utf8CString)
    mkdtemp(&template)
    let root = template.withUnsafeBufferPointer {
        String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    var made = [root]
    for (path, content) in files {
        var place = root
        for part in path.split(separator: "/").dropLast() {
            place += "/\(part)"
            if mkdir(place, 0o700) == 0 { made.append(place) }
        }
        let file = open("\(root)/\(path)", O_WRONLY | O_CREAT, 0o600)
        _ = Array(content.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        close(file)
        made.append("\(root)/\(path)")
    }
    body(root)
    for path in made.reversed() { remove(path) }
}
