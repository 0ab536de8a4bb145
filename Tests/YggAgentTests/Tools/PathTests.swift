import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import Testing
import YggCore

@testable import YggAgent

@Suite(.timeLimit(.minutes(1)))
struct PathTests {
    @Test(
        arguments: [
            "../secret", "a/../../secret", "..", "a/b/../../..", "/etc/passwd", "~/.ssh/id_rsa", "~", "out/secret",
            "out", "deep/up/secret", "chain", "a\0b", "", "/work", "a/../out/secret", "absolute", "self/../../secret",
        ]
    )
    func `no path leads out of the workspace`(path: String) async throws {
        let bench = try await Bench(["a/b/c": "inside"])
        _ = try bench.putOutside("secret", at: "secret")
        bench.link("out", to: "..")
        bench.link("self", to: ".")
        try bench.put("", at: "deep/x")
        bench.link("deep/up", to: "../..")
        bench.link("chain", to: "deep/up/secret")
        bench.link("absolute", to: "\(bench.base)/secret")
        let read = await bench.call("read_file", ["path": .string(path)])
        #expect(read.isError && !read.text.contains("secret\n"), "\(read.text)")
        let write = await bench.call("write_file", ["path": .string(path), "content": "mine"])
        #expect(write.isError)
        #expect(await bench.call("list_directory", ["path": .string(path.isEmpty ? ".." : path)]).isError)
        #expect(
            await bench.call("search_files", ["pattern": "secret", "path": .string(path.isEmpty ? ".." : path)]).isError
        )
        #expect(FileManager.default.contents(atPath: "\(bench.base)/secret") == Data("secret".utf8))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: bench.base).sorted() == ["scratch", "secret", "work"]
        )
    }

    @Test(
        arguments: [
            "a/b/c", "./a//b/./c", "a/b/../b/c", "in/c", "a/../in/c", "in/../b/c", "file", "nested/in/c", "ROOT/a/b/c",
            "ROOT/in/c",
        ]
    )
    func `a path inside is followed, links within included`(path: String) async throws {
        let bench = try await Bench(["a/b/c": "inside"])
        bench.link("in", to: "a/b")
        bench.link("file", to: "./in/../b/c")
        try bench.put("", at: "nested/x")
        bench.link("nested/in", to: "../a/b/")
        let path = path.hasPrefix("ROOT") ? bench.root + path.dropFirst(4) : path
        #expect(await bench.call("read_file", ["path": .string(path)]).text == "1\tinside")
        let write = await bench.call("write_file", ["path": .string(path), "content": "new"])
        #expect(write.record.files == ["a/b/c"], "\(write.text)")
        #expect(bench.text("a/b/c") == "new")
    }

    @Test func `links that go round in a circle are refused`() async throws {
        let bench = try await Bench()
        bench.link("a", to: "b")
        bench.link("b", to: "a")
        let result = await bench.call("read_file", ["path": "a"])
        #expect(
            result.text == "a is a symbolic link that leads nowhere. Name the file itself."
                || result.text.contains("leads nowhere")
        )
    }

    @Test func `a link to nothing is written where it points to`() async throws {
        let bench = try await Bench(["d/x": ""])
        bench.link("new", to: "d/made")
        let result = await bench.call("write_file", ["path": "new", "content": "x"])
        #expect(result.record.files == ["d/made"] && bench.text("d/made") == "x")
    }

    @Test(
        arguments: [
            ".git", ".git/config", ".GIT/config", ".Git", ".git./config", ".git /config", ".git. ./x", "git~1/config",
            "GIT~1", ".git::$INDEX_ALLOCATION/config", ".g\u{200C}it/config", "sub/.git", "sub/.git/hooks/pre-commit",
            "module/.git", "trick/config", "a/../.git/HEAD",
        ]
    )
    func `what is git's is neither read nor written`(path: String) async throws {
        let bench = try await Bench([
            ".git/config": "secret", "sub/.git/config": "secret", "module/.git": "gitdir: ../.git/modules/m", "a/x": "",
        ])
        bench.link("trick", to: ".git")
        for (tool, arguments) in [
            ("read_file", ["path": .string(path)]), ("write_file", ["path": .string(path), "content": "x"]),
            ("edit_file", ["path": .string(path), "old_text": "secret", "new_text": "x"]),
            ("list_directory", ["path": .string(path)]), ("search_files", ["path": .string(path), "pattern": "s"]),
        ] as [(String, JSONObject)] {
            let result = await bench.call(tool, arguments)
            #expect(result.isError && result.text.contains("belongs to git"), "\(tool): \(result.text)")
        }
        #expect(bench.text(".git/config") == "secret" && bench.text("sub/.git/config") == "secret")
    }

    @Test(arguments: [".gitignore", ".github/x", ".gitattributes", "git", "x.git", ".gitx", "git~2", ".git1"])
    func `what only looks like git's is a file`(path: String) async throws {
        let bench = try await Bench()
        #expect(await bench.call("write_file", ["path": .string(path), "content": "x"]).isError == false)
    }

    @Test(arguments: seeds(200)) func `any path drawn stays inside`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let bench = try await Bench(["a/b/c": "inside", "a/b/b/c": "inside"])
        _ = try bench.putOutside("outside", at: "a/c")
        _ = try bench.putOutside("outside", at: "c")
        bench.link("a/l", to: random.pick(["..", "../..", "b", "../a/b", "../../a", "/tmp"]))
        bench.link("l", to: random.pick(["a", "..", ".", "a/l", "a/b/../.."]))
        let parts = ["a", "b", "c", "..", ".", "l", ""]
        let path = (0..<random.int(1..<8)).map { _ in random.pick(parts) }.joined(separator: "/")
        let files = try WorkspaceFiles(root: bench.root, drafts: "\(bench.base)/scratch/drafts")
        guard let place = try? files.place(path) else { return }
        // What the kernel makes of the path, links and all, is the same place.
        guard let real = realpath("\(bench.root)/\(path)", nil) else { return }
        defer { free(real) }
        let resolved = String(cString: real)
        #expect(resolved == (place.path == "." ? bench.root : "\(bench.root)/\(place.path)"), "\(path)")
    }
}

/// Somebody swaps a directory for a link to the outside, again and again, while the tools work in it.
@Suite(.timeLimit(.minutes(5)))
struct PathRaceTests {
    @Test func `a swap between check and use does not lead out`() async throws {
        let bench = try await Bench(["d/f": "inside", "e/x": "", "g/f": "inside"])
        let outside = try bench.putOutside("outside", at: "away/f")
        bench.link("swap", to: "../away")
        let swapper = Swapper(of: "\(bench.root)/d", and: "\(bench.root)/swap", file: "\(bench.root)/g/f")
        defer { swapper.stop() }
        var inside = 0
        for round in 0..<3_000 {
            for path in ["d/f", "g/f"] {
                let read = await bench.call("read_file", ["path": .string(path)])
                #expect(!read.text.contains("outside\n") && read.text != "1\toutside")
                if read.text == "1\tinside" || read.text.hasPrefix("1\tround") { inside += 1 }
                _ = await bench.call("write_file", ["path": .string(path), "content": .string("round \(round)")])
            }
            _ = await bench.call("write_file", ["path": .string("d/new\(round % 7)"), "content": .string("x\(round)")])
            // None of it waits: the other tests are to have the thread, too.
            await Task.yield()
        }
        #expect(inside > 0, "The race was never won by us: nothing was tested.")
        #expect(swapper.swaps > 100, "The race was never run.")
        #expect(FileManager.default.contents(atPath: outside) == Data("outside".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(bench.base)/away") == ["f"])
    }

    /// Exchanges two names, without a moment in which either is missing; and puts a link to the outside in the place of
    /// a file, and a file in the place of the link.
    private final class Swapper: Sendable {
        private let isOver = Atomic(false)
        private let count = Atomic(0)
        private let queue = DispatchQueue(label: "swapper")

        private typealias Exchange =
            @convention(c) (
                Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
            ) -> Int32

        init(of one: String, and other: String, file: String) {
            queue.async { [self] in
                // Swift does not import it. This is its signature, and 2 is RENAME_EXCHANGE.
                let exchange = dlsym(nil, "renameat2").map { unsafeBitCast($0, to: Exchange.self) }
                let draft = "\(one)-draft"
                while !isOver.load(ordering: .relaxed) {
                    if exchange?(AT_FDCWD, one, AT_FDCWD, other, 2) == 0 { count.add(1, ordering: .relaxed) }
                    symlink("../../away/f", draft)
                    rename(draft, file)
                    let plain = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
                    _ = "inside".withCString { write(plain, $0, 6) }
                    close(plain)
                    rename(draft, file)
                }
            }
        }

        var swaps: Int { count.load(ordering: .relaxed) }

        func stop() {
            isOver.store(true, ordering: .relaxed)
            queue.sync {}
        }
    }
}
