/// Which of its two pipes a child wrote to. The raw value is the one on the wire.
package enum OutputStream: String, Sendable {
    case stdout
    case stderr
}
