import Testing
import YggCore

/// Who may do what, as one table.
struct AccessTests {
    private static func person(_ role: AccessRole, _ name: String = "freya") -> Principal {
        Principal(name: name, role: role, proof: .token(TokenID("tok-1")))
    }

    private static let huginn = ExecutorID(trusted: "huginn")
    private static let muninn = ExecutorID(trusted: "muninn")
    private static let joined = Principal(
        name: "huginn",
        role: .executor,
        proof: .token(TokenID("tok-2")),
        isEnrolled: true
    )
    private static let part = Principal(name: "huginn", role: .executor, proof: .process)

    @Test(
        arguments: [
            (.open, person(.join), nil, .allowed), (.anyone, person(.join), nil, .allowed),
            (.role(.viewer), person(.viewer), nil, .allowed), (.role(.viewer), person(.submitter), nil, .allowed),
            (.role(.viewer), person(.operator), nil, .allowed), (.role(.viewer), .local, nil, .allowed),
            (.role(.viewer), person(.executor), nil, .needs(.viewer)),
            (.role(.viewer), person(.join), nil, .needs(.viewer)),
            (.role(.submitter), person(.viewer), nil, .needs(.submitter)),
            (.role(.submitter), person(.submitter), nil, .allowed),
            (.role(.operator), person(.submitter), nil, .needs(.operator)),
            (.role(.operator), person(.operator), nil, .allowed), (.role(.operator), .household, nil, .allowed),
            (.role(.operator), joined, nil, .needs(.operator)),

            (.ownTask, person(.viewer), .task(submittedBy: "freya"), .needs(.submitter)),
            (.ownTask, person(.submitter), nil, .allowed),
            (.ownTask, person(.submitter), .task(submittedBy: "freya"), .allowed),
            (.ownTask, person(.submitter), .task(submittedBy: "odin"), .notYours(.task(submittedBy: "odin"))),
            (.ownTask, person(.operator), .task(submittedBy: "odin"), .allowed),
            (.ownTask, .local, .task(submittedBy: "odin"), .allowed),
            (.ownTask, joined, .task(submittedBy: "huginn"), .needs(.submitter)),

            (.executorItself, joined, .executor(huginn), .allowed), (.executorItself, joined, nil, .allowed),
            (.executorItself, joined, .executor(muninn), .notYours(.executor(muninn))),
            (.executorItself, part, .executor(huginn), .allowed),
            (.executorItself, part, .executor(muninn), .notYours(.executor(muninn))),
            (.executorItself, person(.operator), .executor(huginn), .needs(.executor)),
            (.executorItself, .household, .executor(huginn), .allowed),
            (.executorItself, .local, .executor(huginn), .allowed),
            (.leaseHolder, joined, .executor(muninn), .notYours(.executor(muninn))),
            (.leaseHolder, person(.viewer), .executor(huginn), .needs(.executor)),

            (.reader, person(.viewer), .executor(huginn), .allowed), (.reader, .local, nil, .allowed),
            (.reader, joined, .executor(huginn), .allowed),
            (.reader, joined, .executor(muninn), .notYours(.executor(muninn))),
            (.reader, person(.join, "huginn"), nil, .needs(.viewer)),

            (.serviceItself, person(.operator), .executor(huginn), .allowed),
            (.serviceItself, person(.executor, "huginn"), .executor(huginn), .allowed),
            (.serviceItself, person(.executor, "huginn"), .executor(muninn), .notYours(.executor(muninn))),
            (.serviceItself, joined, .executor(huginn), .needs(.operator)),
            (.serviceItself, person(.submitter), .executor(huginn), .needs(.operator)),

            (.joining, person(.join, "huginn"), nil, .allowed), (.joining, .local, nil, .needs(.join)),
            (.joining, joined, nil, .needs(.join)), (.joining, person(.operator), nil, .needs(.join)),
        ] as [(AccessRule, Principal, AccessObject?, Access.Decision)]
    )
    func `a rule says who may`(rule: AccessRule, who: Principal, what: AccessObject?, expected: Access.Decision) {
        #expect(Access.decide(rule, by: who, on: what) == expected)
    }

    @Test func `only what leases depend on is never held up`() {
        let held: [AccessRule] = [.open, .anyone, .role(.viewer), .ownTask, .serviceItself, .joining]
        #expect(held.allSatisfy { !$0.isProtocol })
        #expect(AccessRule.executorItself.isProtocol && AccessRule.leaseHolder.isProtocol)
    }
}
