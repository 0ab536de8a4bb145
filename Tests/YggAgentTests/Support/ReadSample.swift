import Testing
import YggAgent
import YggCore

/// An answer as a small model gives it, and how it is to be read.
struct ReadSample: Sendable, CustomTestStringConvertible {
    enum Reading: Sendable {
        /// The calls that are made, in a short form: `name {arguments}`.
        case calls([String])
        /// The tool that is answered with a correction which contains these words.
        case refused(String, saying: [String])
        case prose
        case unreadable(Unreadable)
        /// JSON that is none; the reason is the parser's.
        case broken
    }

    var name: String
    var text: String
    var reading: Reading
    var end = EndReason.stop

    init(_ name: String, _ text: String, _ reading: Reading, end: EndReason = .stop) {
        (self.name, self.text, self.reading, self.end) = (name, text, reading, end)
    }

    var testDescription: String { name }

    func check(heard: [String] = []) {
        var ids = CallIDs(SeededRandom(seed: 1))
        let reader = ReplyReader(tools: Sample.tools, heard: heard)
        let read = reader.read(ModelReply(text: text, end: end), ids: &ids)
        switch (reading, read.content) {
        case (.calls(let wanted), .calls(let calls)):
            let found = calls.map { call in
                if case .ready(let call) = call {
                    "\(call.name) \(JSON.object(call.arguments).text)"
                } else {
                    "refused"
                }
            }
            #expect(found == wanted)
            #expect(Set(calls.map(\.call.id)).count == calls.count)
        case (.refused(let name, let words), .calls(let calls)):
            guard calls.count == 1, case .refused(let call, let correction) = calls[0] else {
                Issue.record("\(calls)")
                return
            }
            #expect(call.name == name)
            for word in words { #expect(correction.contains(word)) }
        case (.prose, .prose), (.broken, .unreadable(.brokenCall)): break
        case (.unreadable(let wanted), .unreadable(let found)): #expect(found == wanted)
        default: Issue.record("it was read as \(read.content)")
        }
    }
}
