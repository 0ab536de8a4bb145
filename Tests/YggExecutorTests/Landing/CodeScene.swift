import Testing
import YggAgent
import YggCore

@testable import YggExecutor

/// A scene in which a played agent works on a repository in Python, by the handler of a kind of work on code.
struct CodeScene {
    let landing: LandingScene

    var scene: Scene { landing.scene }
    var repository: String { "\(scene.repositories)/calc" }

    /// - Parameter turns: what the model says, as in a scenario.
    static func with(
        _ kind: String,
        turns: JSON,
        _ body: (CodeScene) async throws -> Void
    ) async throws {
        let scenario = try Scenario(
            json: [
                "name": "play", "model": ["name": "play", "context": 32768, "capabilities": ["completion", "tools"]],
                "turns": turns,
            ]
        )
        let models = ModelDirectory(
            [.init(name: "demo", service: ScriptedProvider(scenario), contextTokens: 32768)],
            defaultModel: "demo/play"
        )
        let registry = try HandlerRegistry(handlerSets: ["code"], models: models)
        let handler = try #require(registry.handler(for: TaskKind(trusted: kind)))
        try await Scene.with { scene in
            try await scene.script(
                """
                mkdir -p repos/calc && cd repos/calc && git init -q -b main
                printf 'def add(a, b):\\n    return a - b\\n\\n\\ndef double(a):\\n    return a * 2\\n' > calc.py
                cat > test_calc.py <<'END'
                import unittest

                import calc


                class Test(unittest.TestCase):
                    def test_double(self):
                        self.assertEqual(calc.double(2), 4)
                END
                git add -A && git commit -qm 'It subtracts' && git checkout -qb mine
                """
            )
            try await body(CodeScene(landing: LandingScene(scene: scene, handler: handler)))
        }
    }

    /// What `add` should be, in one step, and its end.
    static let adds: JSON = [
        ["calls": [["name": "edit_file", "arguments": edit("return a - b", "return a + b")]]],
        ["calls": [["name": "finish", "arguments": ["summary": "add() subtracted; it adds now."]]]],
    ]

    static func edit(_ old: String, _ new: String) -> JSON {
        ["path": "calc.py", "old_text": .string(old), "new_text": .string(new)]
    }

    func context(
        epoch: Int64,
        tier: [Tier] = [],
        decisions: [Approval] = [],
        _ more: JSONObject = [:]
    ) throws -> HandlerContext {
        var params: JSONObject = [
            "repo": .string(repository), "instruction": "add() must add", "test": ["python3", "-m", "unittest"],
        ]
        for member in more.members { params[member.key] = member.value }
        return landing.context(
            try landing.handler.spec.validate(params),
            epoch: epoch,
            tier: tier,
            decisions: decisions
        )
    }

    /// Runs an attempt that is killed before anybody hears how it came out: nothing is done afterwards.
    func attempt(
        _ epoch: Int64,
        tier: [Tier] = [],
        decisions: [Approval] = [],
        _ more: JSONObject = [:]
    ) async throws -> HandlerResult {
        await landing.handler.run(try context(epoch: epoch, tier: tier, decisions: decisions, more))
    }

    var folder: SessionFolder { SessionFolder(of: TaskID(trusted: "t1"), in: scene.workspace) }
}
