import ArgumentParser
import Testing
import YggCoordinator
import YggCore
import YggProtocol

@testable import YggCommands

struct CommandParsingTests {
    private func submit(_ arguments: String...) throws -> TaskSubmit {
        try #require(try Ygg.parseAsRoot(["task", "submit"] + arguments) as? TaskSubmit)
    }

    @Test
    func `options of the kind stand between our own`() throws {
        let command = try submit(
            "git-log",
            "--repo",
            "/r",
            "--title",
            "t",
            "--limit",
            "5",
            "--wait",
            "-p",
            "ref=main",
            "--stat",
            "--json"
        )
        #expect(command.kind == "git-log")
        #expect(command.options.title == "t")
        #expect(command.watching.wait)
        #expect(command.output.format == .json)
        #expect(
            try command.parameters.resolve() == ["repo": "/r", "limit": "5", "ref": "main", "stat": "true"]
        )
    }

    @Test
    func `a submission says all it was told`() throws {
        let command = try submit(
            "ops-disk",
            "--id",
            "a",
            "--label",
            "x=1",
            "--label",
            "y",
            "--priority",
            "0",
            "--after",
            "b",
            "--at",
            "+30m",
            "--dedupe-key",
            "k",
            "--description",
            "d",
            "--params",
            #"{"n": 3}"#
        )
        let body = try command.options.body(
            kind: command.kind,
            params: try command.parameters.resolve(),
            now: Timestamp(milliseconds: 0)
        )
        #expect(
            body == [
                "kind": "ops-disk", "id": "a", "description": "d", "params": ["n": 3], "labels": ["x=1", "y"],
                "priority": 0, "dependsOn": ["b"], "notBefore": "1970-01-01T00:30:00.000Z", "dedupeKey": "k",
                "source": "cli",
            ]
        )
    }

    @Test(arguments: [
        ["task", "submit"], ["task", "submit", "NotAKind"], ["task", "submit", "git-log", "--wait", "--follow"],
        ["task", "submit", "git-log", "--priority", "5"], ["task", "show", "a/b"], ["task", "wait"],
        ["task", "list", "--state", "bogus"], ["task", "logs", "a", "--timeout", "soon"], ["nonsense"],
        ["task", "submit", "git-log", "--after", "a b"], ["task", "list", "-o", "xml"], ["executor", "pause"],
        ["executor", "pause", "a b"], ["executor", "pause", "a", "--until", "soon"],
        ["executor", "pause", "a", "--until", "2001-01-01T00:00:00Z"], ["executor", "stop", "a", "--until", "1h"],
        ["executor", "resume", "a", "--drain-timeout", "1s"], ["executor", "drain", "a", "--timeout", "1s"],
    ])
    func `what is wrong is said before anything is asked`(arguments: [String]) {
        #expect(throws: (any Error).self) { _ = try Ygg.parseAsRoot(arguments) }
    }

    @Test
    func `an executor runs without a subcommand`() throws {
        #expect(try Ygg.parseAsRoot(["executor", "--id", "huginn"]) is ExecutorServe)
        #expect(try Ygg.parseAsRoot(["executor", "list"]) is ExecutorList)
        #expect(try Ygg.parseAsRoot(["executor", "pause", "huginn", "--until", "8h", "--wait"]) is ExecutorPause)
        #expect(try Ygg.parseAsRoot(["why", "t"]) is TaskWhy)
    }

    @Test
    func `a mistyped option is recognised`() throws {
        let problem = Problem(
            status: 400,
            code: "invalid-request",
            title: "",
            detail: "no",
            nextAction: "",
            issues: [.init(pointer: "/params/titl", detail: "is not known")]
        )
        let meant = MistakenOption.explain(problem, kind: "git-log", options: ["--titl", "x"])
        #expect(meant.next == "--titl was taken for a parameter; did you mean --title?")
        let listed = MistakenOption.explain(problem, kind: "git-log", options: ["--other"])
        #expect(listed.next == "`ygg kind show git-log` lists the parameters.")
    }

    @Test
    func `the store's upkeep is four commands on a data directory`() throws {
        let backup = try #require(
            try Ygg.parseAsRoot(["db", "backup", "/mnt/b.sqlite", "--data-dir", "/d", "--json"]) as? DatabaseBackup
        )
        #expect(backup.target == "/mnt/b.sqlite")
        #expect(try backup.store.layout().database == "/d/ygg.sqlite")
        #expect(backup.output.format == .json)
        #expect(try Ygg.parseAsRoot(["db", "restore", "/mnt/backups/b"]) is DatabaseRestore)
        #expect(try Ygg.parseAsRoot(["db", "check"]) is DatabaseCheck)
        #expect(try Ygg.parseAsRoot(["db", "migrate"]) is DatabaseMigrate)
    }

    @Test
    func `a household's backup and its restore are two commands on a data directory`() throws {
        let backup = try #require(
            try Ygg.parseAsRoot(["backup", "/mnt/b", "--keep", "3", "--data-dir", "/d"]) as? BackupCommand
        )
        #expect(backup.directory == "/mnt/b" && backup.keep == 3)
        #expect((try Ygg.parseAsRoot(["backup"]) as? BackupCommand)?.directory == nil)
        #expect(throws: (any Error).self) { _ = try Ygg.parseAsRoot(["backup", "/mnt/b", "--keep", "0"]) }
        #expect((try Ygg.parseAsRoot(["restore", "/mnt/b"]) as? RestoreCommand)?.directory == "/mnt/b")
        #expect(throws: (any Error).self) { _ = try Ygg.parseAsRoot(["restore"]) }
    }
}
