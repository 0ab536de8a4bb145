import YggCore
import YggProcess

/// Text that comes in pieces from somebody who is no command: to the log as a command's output goes there, without the
/// secrets in it. A piece may end in the middle of one, so they are looked for across pieces.
struct StreamedText: Sendable {
    private let transcript: Transcript
    private let filter: OutputFilter?

    init(_ transcript: Transcript, without secrets: SecretPatterns) {
        self.transcript = transcript
        filter = OutputFilter(secrets)
    }

    func append(_ text: String) async {
        let bytes = Array(text.utf8)[...]
        await transcript.append(.stdout, filter?.append(.stdout, bytes) ?? bytes)
    }

    /// Hands on what was held back.
    func finish() async {
        for (stream, rest) in filter?.finish() ?? [] { await transcript.append(stream, rest) }
        await transcript.endCommand()
    }
}
