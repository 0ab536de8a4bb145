import Testing
import YggCore

struct AgentServiceTests {
    private func service(_ metadata: JSONObject) throws -> AgentService {
        AgentService(
            id: "painter",
            address: try #require(AgentAddress("http://surtr:7001")),
            metadata: metadata,
            registeredAt: .noon
        )
    }

    @Test func `metadata says what it takes`() throws {
        let offer = try service([
            "kinds": [
                "paint-picture", ["kind": "paint-wall", "params": ["colour": ["type": "string"]], "onLost": "requeue"],
            ],
            "slots": 3, "labels": ["room": "cellar"], "name": "Painter", "anything": [1, 2],
        ]).offer()
        #expect(offer.kinds.map(\.kind) == ["paint-picture", "paint-wall"])
        #expect(offer.kinds.allSatisfy { $0.onLost == .fail }, "work of a stranger is never repeated unasked")
        #expect(offer.slots == Slots(["default": 3]) && offer.labels == ["room": "cellar"] && offer.name == "Painter")
        #expect(offer.url == "http://surtr:7001")
        let open = try #require(offer.kinds.first)
        #expect(try open.validate(["whatever": [1]]) == ["whatever": [1]], "its parameters are its own business")
        let closed = try #require(offer.kinds.last)
        #expect(throws: InvalidInput.self) { try closed.validate(["colour": "red", "whatever": 1]) }
    }

    @Test func `without metadata it takes nothing`() throws {
        let offer = try service([:]).offer()
        #expect(offer.kinds.isEmpty && offer.slots == .one && offer.name == "painter")
        #expect(try service(["slots": ["gpu": 1]]).offer().slots == Slots(["gpu": 1]))
    }

    @Test func `what is wrong with metadata is said with its place`() throws {
        let wrong = try service(["kinds": ["ok-kind", "Wrong", 5], "slots": 0, "labels": ["a": 1]])
        let error = #expect(throws: InvalidInput.self) { try wrong.offer() }
        #expect(
            error?.issues.map(\.pointer) == [
                "/metadata/kinds/1", "/metadata/kinds/2", "/metadata/slots", "/metadata/labels",
            ]
        )
    }

    @Test(arguments: [
        ("http://surtr:7001", "http://surtr:7001"), ("http://Surtr/", "http://surtr:80"),
        ("https://surtr/agent", "https://surtr:443"),
    ])
    func `addresses are compared by scheme, host and port`(_ text: String, _ origin: String) {
        #expect(AgentAddress(text)?.origin == origin)
    }

    @Test(arguments: [
        "surtr:7001", "ftp://surtr", "http://", "http://u:p@h", "http://h?x=1", "http://h#f", "file:///x", "",
    ])
    func `addresses that are none`(_ text: String) { #expect(AgentAddress(text) == nil) }

    @Test(arguments: [
        (#"{"currentTask": "t"}"#, true), (#"{"current_task": "t"}"#, true), (#"{"tasks": ["s", "t"]}"#, true),
        (#"{"tasks": [{"task": "t", "epoch": 1}]}"#, true), (#"{"tasks": [{"task": "t", "epoch": 2}]}"#, false),
        (#"{"currentTask": {"id": "t"}}"#, true), (#"{"currentTask": null}"#, false), (#"{"currentTask": "s"}"#, false),
        ("{}", false), ("[]", false),
    ])
    func `a status names what it is at, in many shapes`(_ status: String, _ isNamed: Bool) throws {
        #expect(try AgentStatus(JSON(parsing: Array(status.utf8))).names(LeaseKey(task: "t", epoch: 1)) == isNamed)
    }
}
