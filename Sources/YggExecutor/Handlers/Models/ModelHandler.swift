import YggAgent
import YggCore

/// A handler that asks a model or its server. It says what is asked; whom, what becomes of failures, and who answered is
/// the same for all.
protocol ModelHandler: ProcessHandler {
    var models: ModelDirectory { get }

    /// - Returns: the members of the result of a success, beside who answered.
    func ask(_ choice: ModelChoice, _ run: AttemptRun) async throws -> JSONObject
}

extension ModelHandler {
    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let choice = try choice(run.context.params)
        do {
            var result = try await ask(choice, run)
            for member in choice.whoAnswered.members where result[member.key] == nil {
                result.append(member.key, member.value)
            }
            return result
        } catch let failure as ModelFailure {
            throw HandlerFailure(failure, from: choice)
        } catch let failure as HandlerFailure {
            throw failure
        } catch {
            // Nothing else is thrown on this way than that the attempt is to end.
            throw .cancelled()
        }
    }

    private func choice(_ params: JSONObject) throws(HandlerFailure) -> ModelChoice {
        do throws(UnknownProvider) {
            // A kind that asks a server and no model names its provider alone.
            if let provider = params["provider"]?.stringValue {
                return try models.model("\(models.provider(provider).name)/any")
            }
            return try models.model(params["model"]?.stringValue)
        } catch {
            throw HandlerFailure(code: UnknownProvider.code, detail: error.description, retryable: false)
        }
    }
}

extension ModelChoice {
    /// What a result says of who answered: nobody may take a scenario for a model.
    var whoAnswered: JSONObject {
        var object: JSONObject = ["provider": .string(provider.name), "endpoint": .string(identity.endpoint)]
        if identity.isScripted { object.append("scripted", true) }
        return object
    }
}

extension HandlerFailure {
    init(_ failure: ModelFailure, from choice: ModelChoice) {
        self.init(
            code: failure.code.rawValue,
            detail: "\(failure.detail) \(failure.nextAction)",
            retryable: failure.isRetryable,
            result: choice.whoAnswered
        )
    }
}

extension AttemptRun {
    /// Tells how long it may take until it is the task's turn at the model.
    func progress(_ place: ModelGate.Place) async {
        var data: JSONObject = [
            "text": .string(
                "Number \(place.position) of \(place.waiting) in line for the model"
                    + (place.estimate.map { ", about \(max(1, $0.rawValue / 1000)) s" } ?? "")
            ),
            "position": .int(Int64(place.position)), "waiting": .int(Int64(place.waiting)),
        ]
        data.append("estimateMs", .optional(place.estimate?.rawValue))
        await context.emit(.progress, data)
    }

    func progress(_ pull: PullProgress, of model: String) async {
        let share =
            pull.totalBytes > 0 ? ": \(bytes(pull.completedBytes)) of \(bytes(pull.totalBytes))" : ""
        await context.emit(
            .progress,
            [
                "text": .string("\(model): \(pull.status)\(share)"), "status": .string(pull.status),
                "completedBytes": .int(pull.completedBytes), "totalBytes": .int(pull.totalBytes),
            ]
        )
    }
}
