import ArgumentParser
import Testing
import YggClient
import YggConfiguration
import YggCore
import YggProtocol

@testable import YggCommands

/// `ExitStatus` is a name of Swift Testing too.
typealias Status = YggCommands.ExitStatus

struct ExitStatusTests {
    @Test(
        arguments: [
            (.succeeded, .succeeded), (.failed, .failed), (.cancelled, .failed), (.awaitingApproval, .awaitingApproval),
        ] as [(TaskState, Status)]
    )
    func `a task's end is the command's`(state: TaskState, status: Status) {
        #expect(Status(TaskView(["state": .string(state.rawValue)])) == status)
    }

    private static func problem(_ status: Int) -> Problem {
        Problem(status: status, code: "c", title: "t", detail: "d", nextAction: "n")
    }

    @Test(
        arguments: [
            (400, .usage), (401, .unreachable), (403, .failed), (404, .failed), (409, .failed), (422, .usage),
            (429, .failed),
            (500, .failed), (502, .unreachable), (503, .unreachable),
        ] as [(Int, Status)]
    )
    func `a refusal says whose turn it is`(status: Int, expected: Status) {
        #expect(CommandFailure(describing: Self.problem(status)).status == expected)
    }

    @Test
    func `nobody there is three and says how to start one`() {
        let failure = CommandFailure(
            describing: ClientError.unreachable(url: "http://h:1", reason: "connection refused")
        )
        #expect(failure.status.rawValue == 3)
        #expect(
            failure.text == """
                ygg: Cannot reach the coordinator at http://h:1: connection refused.
                next: Start one with `ygg up`, or name another: ygg login URL, --coordinator URL or YGG_COORDINATOR.

                """
        )
    }

    @Test
    func `several issues are listed`() {
        var problem = Self.problem(400)
        problem.issues = [.init(pointer: "/kind", detail: "is wrong"), .init(pointer: "", detail: "is short")]
        #expect(CommandFailure(describing: problem).message == "D.\n  /kind: is wrong\n  /: is short")
        problem.detail = InvalidInput(issues: problem.issues).description
        #expect(CommandFailure(describing: problem).message == "t:\n  /kind: is wrong\n  /: is short")
    }

    @Test(
        arguments: [
            (["--help"], 0), (["--version"], 0), (["task", "submit", "--help"], 0), (["nonsense"], 2),
            (["task", "show", "a/b"], 2), (["task", "submit"], 2), (["version"], 0),
            (["task", "list", "--coordinator", "http://127.0.0.1:1"], 3),
            (["health", "http://127.0.0.1:1"], 3), (["task", "list", "--coordinator", "nowhere"], 2),
        ] as [([String], Int32)]
    )
    func `statuses are what scripts rely on`(arguments: [String], status: Int32) async {
        #expect(await YggCommandLine.run(arguments) == status)
    }
}
