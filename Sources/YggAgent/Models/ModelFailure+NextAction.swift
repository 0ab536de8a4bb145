extension ModelFailure.Code {
    /// One sentence on what to do next. One table, so that no failure can be without.
    func nextAction(at place: ModelPlace) -> String {
        let (model, endpoint) = (place.model, place.endpoint)
        return switch self {
        case .unreachable:
            "Start it with `ollama serve`, or say where it is in `OLLAMA_HOST` or `models.providers` (now \(endpoint))."
        case .connectionBroken, .incompleteStream, .malformedStream:
            "Look at the log of the server at \(endpoint), then run the task again."
        case .firstTokenTimeout:
            "Loading may take longer than is waited for: load it with `ollama run \(model)`, or take a smaller model."
        case .stalled:
            "Look with `ollama ps` whether \(model) still runs at \(endpoint), then run the task again."
        case .tookTooLong: "Ask for less at once, or take a faster model."
        case .modelMissing:
            "Fetch it with `ollama pull \(model)` on the machine of \(endpoint), then run the task again."
        case .toolsUnsupported: "Ask \(model) without tools, or take a model whose `ollama show` lists `tools`."
        case .thinkingUnsupported:
            "Ask \(model) without thinking, or take a model whose `ollama show` lists `thinking`."
        case .chatUnsupported: "Take a model whose `ollama show` lists `completion`."
        case .contextExceeded: "Shorten the conversation, or raise `numCtx` of the provider."
        case .promptTruncated:
            "Shorten the conversation, or raise `numCtx`; an older Ollama drops the beginning in silence, so update it."
        case .invalidRequest: "Correct the model's name or the options that the message names."
        case .signInNeeded: "Sign in with `ollama signin` on the machine of \(endpoint), or take a local model."
        case .hostRefused:
            "Call it by `localhost` or an address, or set `OLLAMA_HOST=0.0.0.0` where it runs: it refuses other names than its own (now \(endpoint))."
        case .forbidden: "Take a model that is allowed there, or change what the server allows."
        case .wrongEndpoint: "Check the address \(endpoint): what answers there is not Ollama."
        case .busy: "Wait until it has worked off its queue, or raise `OLLAMA_MAX_QUEUE` where it runs."
        case .loading: "Wait until the model is loaded."
        case .runnerFailed:
            "Look at the log of the server at \(endpoint); a smaller `numCtx` or model needs less memory."
        case .outOfMemory: "Take a smaller model or a smaller `numCtx`, or free memory on the machine of \(endpoint)."
        case .templateFailed: "Shorten the conversation: the server had dropped the question itself from the prompt."
        case .brokenCall: "Run the task again; if it happens often, \(model) is too small for its tools."
        case .cloudUnreachable: "Check the network of the machine of \(endpoint), or take a local model."
        case .serverError: "Look at the log of the server at \(endpoint), then run the task again."
        case .requestCancelled: "Run the task again if it was not you who ended it."
        case .pullFailed: "Check the model's name on ollama.com/library and the network, then fetch it again."
        case .diskFull: "Free disk space on the machine of \(endpoint), then fetch it again."
        case .resting: "It is asked again by itself after the pause; until then check the server at \(endpoint)."
        case .scenarioEnded: "Add a turn for this step to the scenario."
        }
    }
}
