import Glibc
import Testing

@testable import YggProcess

@Suite(.timeLimit(.minutes(1)))
struct IsolationTests {
    @Test func `without the programs there is no isolation, and commands run as they are`() async {
        let none = await Isolation.find(path: "/nonexistent")
        #expect(none == .none && none.parts == [])
        #expect(none.wrap(["a", "b"], network: false) == ["a", "b"])
    }

    @Test func `what is active here is among the protections`() async {
        let parts = await Isolation.here.parts.map(\.rawValue)
        #expect(await Protections.detect().suffix(parts.count) == parts[...])
    }

    @Test(
        arguments: [
            ("exit 0", .exited(0)), ("exit 7", .exited(7)), ("kill -9 $$", .exited(128 + SIGKILL)),
            ("kill -TERM $$", .exited(128 + SIGTERM)),
        ] as [(String, ProcessOutcome.Ending)]
    )
    func `an isolated command ends as it does elsewhere`(text: String, ending: ProcessOutcome.Ending) async {
        let isolation = await Isolation.here
        // Where there is no more than a network to cut, nothing is put around a command that is to have it.
        for network in isolation.parts.contains(.processes) ? [true, false] : [] {
            var spec = script(text)
            spec.argv = isolation.wrap(spec.argv, network: network)
            let run = await collectProcess(spec)
            #expect(run.outcome.ending == ending, "\(run.stderr)")
        }
    }

    @Test func `input, output, arguments and directory pass through`() async {
        let isolation = await Isolation.here
        var spec = script(#"cat; pwd; echo "$1" >&2"#, input: Array("in\n".utf8))
        spec.argv = isolation.wrap(spec.argv + ["name", "an argument; \"$x\""], network: false)
        spec.workingDirectory = "/usr"
        let run = await collectProcess(spec)
        #expect(run.stdout == "in\n/usr\n" && run.stderr == "an argument; \"$x\"\n")
    }

    @Test func `a command keeps its user and has no capability`() async throws {
        let isolation = await Isolation.here
        guard isolation != .none else { return }
        var spec = script("id -u; grep -E 'CapEff|NoNewPrivs' /proc/self/status; cat /proc/self/oom_score_adj")
        spec.argv = isolation.wrap(spec.argv, network: false)
        let words = await collectProcess(spec).stdout.split(whereSeparator: \.isWhitespace)
        let none = "0000000000000000"
        #expect(words == ["\(getuid())", "CapEff:", none[...], "NoNewPrivs:", "1", "900"])
    }

    @Test func `what is hidden is empty, and cannot be uncovered`() async throws {
        let isolation = await Isolation.here
        guard isolation.parts.contains(.secrets) else { return }
        let text = """
            cat /etc/hostname; ls /usr/share 2>/dev/null; umount /etc/hostname 2>/dev/null
            unshare --user --map-root-user --mount umount /etc/hostname 2>/dev/null
            cat /etc/hostname; test -e /etc/passwd && echo rest
            """
        var spec = script(text)
        spec.argv = isolation.wrap(spec.argv, network: false, hiding: ["/etc/hostname", "/usr/share", "/not/there"])
        #expect(await collectProcess(spec).stdout == "rest\n")
    }

    @Test func `a place is hidden whatever its name, and one in another one, and one behind a link`() async throws {
        let isolation = await Isolation.here
        guard isolation.parts.contains(.secrets) else { return }
        var template = Array("/tmp/ygg-hidden-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        let make = """
            cd \(root) && mkdir -p real/below 'dir with blanks' 'a\\b' && ln -s real link
            for name in '#x' 'a\tb' 'line\nbreak' 'back\\slash' 'back\\040' "quote'" 'ä' '$(x)' 'a,b'; do echo secret > "$name"; done
            for dir in real real/below 'dir with blanks' 'a\\b'; do echo secret > "$dir/file"; done
            echo seen > other
            """
        #expect(await collectProcess(script(make)).outcome.succeeded)
        let names = [
            "#x", "a\tb", "line\nbreak", "back\\slash", "back\\040", "quote'", "ä", "$(x)", "a,b", "real", "real/below",
            "link/below/file", "link", "real", "dir with blanks", "a\\b", "a\\b/file", "not/there",
        ]
        var spec = script("grep -rh . . 2>/dev/null")
        spec.workingDirectory = root
        #expect(await collectProcess(spec).stdout.split(separator: "\n").count == 14)
        spec.argv = isolation.wrap(spec.argv, network: false, hiding: names.map { "\(root)/\($0)" })
        let run = await collectProcess(spec)
        #expect(run.stdout == "seen\n", "\(run)")
        _ = await collectProcess(script("rm -rf \(root)"))
    }

    @Test func `what is read-only cannot be written, on no way to it, but for what lies in it and is excepted`()
        async throws
    {
        let isolation = await Isolation.here
        guard isolation.parts.contains(.workspaces) else { return }
        var template = Array("/tmp/ygg-kept-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { _ = rmdir(root) }
        for name in ["own", "other", "own/deep"] { mkdir("\(root)/\(name)", 0o700) }
        let text = """
            touch \(root)/other/a ../other/b ../../other/c \(root)/d; mkdir ../../e; rmdir \(root)/other; mv ../../other ../../f
            mount -o remount,bind,rw \(root); umount \(root)
            unshare --user --map-root-user --mount sh -c 'mount -o remount,bind,rw \(root); touch \(root)/g'
            touch h ../i; ls -R \(root)
            """
        var spec = script(text)
        spec.argv = isolation.wrap(
            spec.argv,
            network: false,
            readOnly: [root, "/not/there"],
            except: ["\(root)/own", "/not/there"]
        )
        spec.workingDirectory = "\(root)/own/deep"
        let said = await collectProcess(spec).stdout
        #expect(
            said == """
                \(root):
                other
                own

                \(root)/other:

                \(root)/own:
                deep
                i

                \(root)/own/deep:
                h

                """
        )
        for name in ["own/deep/h", "own/i"] { #expect(unlink("\(root)/\(name)") == 0) }
        for name in ["own/deep", "own", "other"] { rmdir("\(root)/\(name)") }
    }

    @Test func `a cancelled command is gone with what left its group`() async throws {
        let isolation = await Isolation.here
        guard isolation.parts.contains(.processes) else { return }
        // The escapee holds the pipe: only its death ends the output.
        var spec = script("setsid sh -c 'echo out; sleep 1000' & wait", killGrace: .milliseconds(100))
        spec.argv = isolation.wrap(spec.argv, network: false)
        let run = BackgroundRun(spec)
        #expect(await run.firstWords() == "out\n")
        run.task.cancel()
        #expect(await run.task.value.cause == .cancelled)
    }
}
