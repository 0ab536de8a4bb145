import Testing
import YggCore

@testable import YggAgent

struct VerificationPlanTests {
    @Test func `a plan that is kept is the same when it is read`() throws {
        var prepare = VerificationStep(.build, ["npm", "ci"], directory: "web", timeLimit: .seconds(60))
        prepare.unlessThere = "node_modules"
        prepare.environment = ["CI": "1", "A": ""]
        var format = VerificationStep(.format, ["gofmt", "-l", "."])
        format.repair = ["gofmt", "-w", "."]
        var test = VerificationStep(.test, ["pytest", "a b"])
        test.isGiven = true
        var odd = VerificationPlan(steps: [prepare, format], notes: ["ruff is not installed here."], proof: .lint)
        odd.lack = "Said in other words."
        for plan in [
            VerificationPlan(steps: [prepare, format, test]), VerificationPlan(steps: []),
            VerificationPlan(steps: [], proof: nil), odd,
        ] {
            let read = VerificationPlan(try JSON(parsing: Array(plan.json.text.utf8)))
            #expect(read == plan)
        }
    }

    @Test(arguments: [
        "{}", "[]", #"{"steps": [{"goal": "test"}], "notes": []}"#, #"{"steps": [], "notes": [], "proof": "luck"}"#,
        #"{"steps": [{"goal":"test","argv":[],"timeLimitMs":1,"isGiven":true,"environment":{}}], "notes": []}"#,
    ])
    func `what is no plan is none`(text: String) throws {
        #expect(VerificationPlan(try JSON(parsing: Array(text.utf8))) == nil)
    }
}
