import FoundationEssentials
import Testing
import YggCore
import YggProcess

@testable import YggAgent

@Suite(.timeLimit(.minutes(2)))
struct RunCommandTests {
    @Test func `a command's end and output are shown`() async throws {
        let bench = try await Bench(["ok.py": "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"])
        let result = await bench.command("python3 ok.py")
        #expect(
            result.text.hasPrefix("exit code 3, after ") && result.text.contains("out") && result.text.contains("err")
        )
        #expect(!result.isError && result.record.exitCode == 3 && result.record.argv == ["python3", "ok.py"])
        #expect(result.record.bytes == 8 && result.record.directory == ".")
        #expect(await bench.command("true").text.hasSuffix("[no output]"))
    }

    @Test func `a command may be a list of words, and runs where it is told to`() async throws {
        let bench = try await Bench(["sub dir/a.txt": "x"])
        let result = await bench.call("run_command", ["command": ["ls", "a.txt"], "directory": "sub dir"])
        #expect(result.text.hasSuffix("\na.txt") && result.record.directory == "sub dir")
        #expect(await bench.call("run_command", ["command": ["ls", 1]]).isError)
        #expect(await bench.call("run_command", ["command": []]).isError)
        #expect(await bench.call("run_command", ["command": "ls", "directory": ".."]).isError)
        #expect(
            await bench.call("run_command", ["command": "ls", "directory": "sub dir/a.txt"]).text.hasPrefix(
                "\"sub dir/a.txt\" is not a directory."
            )
        )
    }

    @Test(
        arguments: [
            "cat ../secret", "cat /etc/passwd", "cat out", "cat link/secret", "cat .git/config", "cat .GIT/config",
            "ls ..", "ls /", "ls ~", "head -n5 ../secret", "grep -r x ..", "grep x link/secret",
            "find .. -name x", "find / -name x", "cp ../secret a", "cp out a", "cp a ../b", "mv a ../b",
            "mv a .git/hooks", "rm ../secret", "rm .git/config", "touch /tmp/x", "mkdir ../d", "touch link/x",
            "python3 ../x.py", "python3 a.py --out=../x", "python3 out", "pytest --junitxml=/tmp/x",
            "pytest --rootdir=..", "pytest ../t.py::test_x", "pytest @../x", "swift build --package-path ..",
            "swift build --scratch-path=/tmp/x", "make -C ..", "make -f/tmp/Makefile", "make SHELL=/tmp/x",
            "cargo build --target-dir=../t", "go test -o /tmp/x ./...", "go build -o=../x", "eslint -c ../x a",
            "tsc --outDir ../x", "sed -n 1p ../secret", "sort ../secret", "diff a /etc/passwd", "jq . ../secret",
            "git diff -- ../secret", "stat out", "wc -l link/secret",
        ]
    )
    func `no word of a command leads out of the workspace`(line: String) async throws {
        let bench = try await Bench(["a": "", "a.py": "", ".git/config": "secret"])
        _ = try bench.putOutside("secret", at: "secret")
        bench.link("out", to: "../secret")
        bench.link("link", to: "..")
        let result = await bench.command(line)
        #expect(result.isError && result.record.argv == nil, "\(result.text)")
        #expect(
            result.text.contains("is outside the workspace") || result.text.contains("belongs to git"),
            "\(result.text)"
        )
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: bench.base).sorted() == ["scratch", "secret", "work"]
        )
    }

    @Test(arguments: [
        "cat a", "ls .", "cat ./sub/../a", "cat sub/in", "ls ABS", "grep /etc/passwd a", "cp a sub/b",
        "diff a /dev/null",
    ])
    func `what stays inside is run`(line: String) async throws {
        let bench = try await Bench(["a": "1\n", "sub/x": ""])
        bench.link("sub/in", to: "../a")
        let absolute = line.hasSuffix("ABS") ? "ls \(bench.root)/sub" : line
        let result = await bench.command(absolute)
        #expect(result.record.exitCode.map { $0 < 2 } == true, "\(result.text)")
    }

    @Test func `long output is cut in the middle`() async throws {
        let bench = try await Bench(["a.py": "for i in range(100000): print('line', i)"])
        let result = await bench.command("python3 a.py")
        #expect(result.text.utf8.count < 9_000 && result.record.bytes == 1_088_890)
        #expect(
            result.text.contains("line 0\n") && result.text.hasSuffix("line 99999")
                && result.text.contains("bytes are missing here]")
        )
    }

    @Test func `colours and rewritten lines are left out`() async throws {
        let bench = try await Bench([
            "a.py": #"print('\x1b[31mred\x1b[0m \x1b]0;title\x07x\r\n10%\r50%\r100%\nbell\x07')"#
        ])
        #expect(await bench.command("python3 a.py").text.hasSuffix("\nred x\n100%\nbell\\x07"))
    }

    @Test(arguments: [true, false]) func `a command ends at its time limit`(isolated: Bool) async throws {
        let isolation = isolated ? await Isolation.here : .none
        let bench = try await Bench(["gradlew": "#!/bin/sh\nsleep 1000 &\nsleep 1000\n"], isolation: isolation)
        #expect(Bench.makeExecutable("\(bench.root)/gradlew"))
        let result = await bench.call("run_command", ["command": "./gradlew test", "timeout_seconds": 1])
        #expect(result.text.hasPrefix("ended after 1 s, its time limit."), "\(result.text)")
        #expect(result.record.ended == "time-limit" && result.record.exitCode == nil && !result.isError)
    }

    @Test(
        arguments: [
            (["command": "pytest", "timeout_seconds": 601], "timeout_seconds must be from 1 to 600, not 601."),
            (["command": "curl http://x"], "curl may not be run."),
            (["command": "swiftlint"], "swiftlint is not installed on this executor."),
            (["command": "./gradlew test"], "./gradlew is not installed"),
        ] as [(JSONObject, String)]
    )
    func `what cannot be run is refused`(arguments: JSONObject, beginning: String) async throws {
        let bench = try await Bench()
        let result = await bench.call("run_command", arguments)
        #expect(result.isError && result.text.hasPrefix(beginning), "\(result.text)")
    }

    @Test func `a program of the workspace that the rules name is run`() async throws {
        let bench = try await Bench(["sub/gradlew": "#!/bin/sh\necho built \"$1\"\n"])
        #expect(Bench.makeExecutable("\(bench.root)/sub/gradlew"))
        let result = await bench.call("run_command", ["command": "./gradlew test", "directory": "sub"])
        #expect(result.text.hasSuffix("\nbuilt test"))
    }

    @Test func `the environment has what a program needs and no secret`() async throws {
        let bench = try await Bench(["a.py": "import os\nfor k in sorted(os.environ): print(k + '=' + os.environ[k])"])
        let text = await bench.command("python3 a.py").text
        #expect(!text.contains("ghp-a-secret") && !text.contains("GITHUB_TOKEN"))
        #expect(
            text.contains("HOME=\(bench.base)/scratch/home\n") && text.contains("TMPDIR=\(bench.base)/scratch/tmp\n")
        )
        #expect(text.contains("GIT_TERMINAL_PROMPT=0") && text.contains("NO_COLOR=1"))
    }

    @Test func `toolchains of a person's home are lent, and nothing else of it`() async throws {
        let bench = try await Bench()
        let home = "\(bench.base)/person"
        for file in [
            ".cargo/registry/x", ".cargo/credentials.toml", ".ssh/id", ".m2/repository/x", ".m2/settings.xml", ".netrc",
        ] {
            _ = try bench.putOutside("x", at: "person/\(file)")
        }
        let scratch = try Scratch(path: "\(bench.base)/other", personalHome: home)
        _ = try Scratch(path: "\(bench.base)/other", personalHome: home)
        let lent = FileManager.default
        #expect(
            lent.fileExists(atPath: "\(scratch.home)/.cargo/registry/x")
                && lent.fileExists(atPath: "\(scratch.home)/.m2/repository/x")
        )
        #expect(try lent.contentsOfDirectory(atPath: scratch.home).sorted() == [".cargo", ".m2"])
        #expect(try lent.contentsOfDirectory(atPath: "\(scratch.home)/.cargo") == ["registry"])
    }
}
