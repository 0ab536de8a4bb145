/// An answer put together from its events.
package struct ModelReply: Sendable, Hashable {
    package var text = ""
    package var thinking = ""
    /// In the server's own form only; what a model wrote as text is for `ReplyReader` to find.
    package var calls: [ToolCall] = []
    package var usage = ModelUsage()
    /// nil while the answer goes on, and for ever where it broke off.
    package var end: EndReason?

    package init() {}

    package mutating func take(_ event: ModelEvent) {
        switch event {
        case .text(let piece): text += piece
        case .thinking(let piece): thinking += piece
        case .toolCall(let call): calls.append(call)
        case .usage(let usage): self.usage = usage
        case .end(let reason): end = reason
        case .retrying: break
        }
    }
}
