import YggAgent
import YggCore

/// What runs every kind of work on code: the kinds differ in what a model is told and in what its work is checked with.
struct CodeHandler: Handler {
    let spec: KindSpec
    let kind: CodeKind
    let models: ModelDirectory

    init(_ kind: CodeKind, origin: KindSpec.Origin, models: ModelDirectory) {
        spec = kind.spec(origin: origin)
        self.kind = kind
        self.models = models
    }

    func run(_ context: HandlerContext) async -> HandlerResult {
        await context.carryOut { run async throws(HandlerFailure) in
            let choice = try models.choice(of: run.context.params)
            guard let repository = run.context.params["repo"]?.stringValue, !repository.isEmpty else {
                return try await InlineWork(kind: kind, choice: choice, run: run).result()
            }
            return try await CodeWork(kind: kind, choice: choice, repository: repository, run: run).result()
        }
    }

    func land(_ approval: Approval, _ context: HandlerContext) async -> HandlerResult {
        let result = await Lander.land(approval, context)
        // Where it was not this machine that did the work, nothing is there. It may go before anybody hears of it: whoever
        // lands it again needs none of it.
        if result.outcome == .succeeded, result.question == nil { await SessionFolder(context).remove(context) }
        return result
    }
}

extension ModelDirectory {
    func choice(of params: JSONObject) throws(HandlerFailure) -> ModelChoice {
        do throws(UnknownProvider) {
            return try model(params["model"]?.stringValue)
        } catch {
            throw HandlerFailure(code: UnknownProvider.code, detail: error.description, retryable: false)
        }
    }
}
