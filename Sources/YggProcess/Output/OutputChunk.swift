/// A piece of one stream, as it goes into a task's log.
package struct OutputChunk: Sendable, Equatable {
    package var stream: OutputStream
    package var text: String

    package init(stream: OutputStream, text: String) {
        self.stream = stream
        self.text = text
    }
}
