import Testing
import YggCore

struct LaneTests {
    private static let git = KindSpec(
        kind: "git-log",
        description: "",
        params: [ParameterSpec("repo", .repository, required: true)],
        slots: ["default": 1, "disk": 2],
        prefetch: true
    )

    private static func lane(
        labels: [String] = [],
        params: JSONObject = [:],
        roots: [String] = ["/srv/git", "/home/freya", "/home/freya/src"]
    ) -> Lane {
        Lane(of: .sample(kind: "git-log", labels: labels, params: params), kind: git, roots: roots)
    }

    @Test func `a lane is what the kind and the labels ask for`() {
        let lane = Self.lane(labels: ["urgent", "os=linux", "gpu=", "executor=surtr"], params: ["model": "qwen3"])
        #expect(lane.kind == "git-log" && lane.slots == ["default": 1, "disk": 2] && lane.prefetch)
        #expect(lane.labels == ["os": "linux", "gpu": ""], "a label without = is only a mark")
        #expect(lane.pinned == "surtr" && lane.model == "qwen3")
    }

    @Test func `a label may hold more than one =`() {
        #expect(Self.lane(labels: ["path=a=b"]).labels == ["path": "a=b"])
    }

    @Test(arguments: [
        ("/home/freya/src/ygg", ["/home/freya", "/home/freya/src"]), ("/srv/git", ["/srv/git"]),
        ("/srv/github/x", []), ("/home/freya/../loki/x", []), ("https://example.org/x", []), ("src/ygg", []),
        ("/srv//git/./x/", ["/srv/git"]),
    ])
    func `a path asks for the roots above it`(path: String, roots: [String]) {
        #expect(Self.lane(params: ["repo": .string(path)]).repositoryRoots == roots)
    }

    @Test func `equal needs are one lane, whoever wrote them down in which order`() throws {
        let one = Self.lane(labels: ["a=1", "b=2"], params: ["repo": "/srv/git/x"], roots: ["/srv/git", "/srv"])
        let other = Self.lane(
            labels: ["b=2", "mark", "a=1"],
            params: ["repo": "/srv/git/y"],
            roots: ["/srv", "/srv/git"]
        )
        #expect(one == other)
        #expect(one.key == other.key)
    }

    @Test func `different needs have different keys`() {
        let lanes = [
            Lane(kind: "git-log"), Lane(kind: "git-diff"), Lane(kind: "git-log", labels: ["a": "1"]),
            Lane(kind: "git-log", labels: ["a": "2"]), Lane(kind: "git-log", slots: ["default": 2]),
            Lane(kind: "git-log", repositoryRoots: ["/a"]), Lane(kind: "git-log", pinned: "a"),
            Lane(kind: "git-log", prefetch: true), Lane(kind: "git-log", model: "a"),
        ]
        #expect(Set(lanes.map(\.key)).count == lanes.count)
    }

    @Test func `a lane survives being stored`() throws {
        let lane = Lane(
            kind: "code-fix",
            labels: ["os": "linux", "é": "\u{0}"],
            slots: ["default": 1, "gpu@surtr": 1],
            repositoryRoots: ["/b", "/a"],
            pinned: "surtr",
            prefetch: true,
            model: "qwen3:32b"
        )
        for lane in [lane, Lane(kind: "ops-disk"), Lane(kind: "ops-disk", slots: [:])] {
            var reader = try ObjectReader(.object(lane.json))
            #expect(try Lane(reading: &reader) == lane)
        }
    }

    @Test(arguments: [
        ("/", "/"), ("", ""), ("/a/b", "/a/b"), ("/a//b/", "/a/b"), ("/a/./b", "/a/b"), ("/a/../b", "/b"),
        ("/../..", "/"), ("/a/b/../../..", "/"), ("a/../b", "b"), (".", ""), ("/a/...", "/a/..."), ("/a b/é", "/a b/é"),
    ])
    func `a path is normalised by name alone`(path: String, normal: String) { #expect(normalizedPath(path) == normal) }

    @Test(arguments: [
        ("/a", "/a", true), ("/a/b", "/a", true), ("/a/b", "/a/", true), ("/ab", "/a", false), ("/a", "/a/b", false),
        ("/a/../b", "/a", false), ("/a/b/..", "/a", true), ("/x", "/", true), ("/", "/", true), ("x", "/", false),
    ])
    func `a path lies inside a root or it does not`(path: String, root: String, isInside: Bool) {
        #expect(isPath(path, inside: root) == isInside)
    }
}
