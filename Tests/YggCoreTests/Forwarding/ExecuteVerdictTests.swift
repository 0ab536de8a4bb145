import Testing

@testable import YggCore

struct ExecuteVerdictTests {
    private func verdict(_ status: Int, _ body: String = "", isOurs: Bool = false) -> ExecuteVerdict {
        ExecuteVerdict(AgentReply(status: status, body: Array(body.utf8)), isOurs: isOurs)
    }

    private func report(_ status: Int, _ body: String = "") -> FinalReport? {
        if case .finished(let report) = verdict(status, body) { report } else { nil }
    }

    @Test(arguments: [
        (#"{"outcome": "succeeded", "x": 1}"#, Outcome.succeeded), (#"{"x": 1}"#, .succeeded), ("", .succeeded),
        ("plain text", .succeeded), (#"{"outcome": "unverified"}"#, .unverified), (#"{"outcome": "failed"}"#, .failed),
        (#"{"outcome": "cancelled"}"#, .cancelled), (#"{"error": "no paint"}"#, .failed),
        (#"{"outcome": "splendid"}"#, .failed), (#"{"outcome": "succeeded", "error": null}"#, .succeeded),
    ])
    func `the outcome of an answer`(_ body: String, _ outcome: Outcome) {
        #expect(report(200, body)?.ending == .finished(outcome))
    }

    @Test func `the result is what it says, without what is said elsewhere`() {
        #expect(report(200, #"{"outcome": "succeeded", "kind": "a-b", "x": 1}"#)?.result == ["x": 1])
        #expect(report(200, "plain text")?.result == ["output": "plain text"])
    }

    @Test func `a failure keeps its words`() {
        let ours = report(200, #"{"outcome": "failed", "error": {"code": "c", "detail": "d", "retryable": false}}"#)
        #expect(ours?.error == TaskError(code: "c", detail: "d", retryable: false))
        #expect(report(200, #"{"error": "no paint"}"#)?.error?.detail == "no paint")
        #expect(report(400, #"{"code": "c", "detail": "d"}"#)?.error?.code == "c")
        #expect(report(400)?.error?.retryable == false && report(422)?.error?.retryable == false)
        #expect(
            report(500)?.error == TaskError(code: "http-500", detail: "The service answered HTTP 500.", retryable: true)
        )
    }

    @Test(arguments: [301, 401, 403, 404, 405, 409, 429, 503])
    func `what was not begun`(_ status: Int) {
        guard case .refused = verdict(status) else { return #expect(Bool(false), "\(verdict(status))") }
    }

    @Test(arguments: [202, 502, 504])
    func `what nobody can know`(_ status: Int) {
        guard case .unknown = verdict(status) else { return #expect(Bool(false), "\(verdict(status))") }
    }

    @Test func `an executor of ours says cancelled of what it gave up`() {
        guard case .refused = verdict(200, #"{"outcome": "cancelled"}"#, isOurs: true) else {
            return #expect(Bool(false))
        }
    }
}
