import Glibc
package import SystemPackage

/// A thread beside those that Swift's tasks share, for what waits in the kernel or must run whatever hangs: it has a small
/// stack, is joined by nobody and ends with its body.
package enum SmallThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// What is needed to call the kernel and little else.
    private static let stackBytes = 256 << 10

    /// - Throws: `EAGAIN` where there is no thread to be had.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackBytes)
        let body = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let error = pthread_create(
            &thread,
            &attributes,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            },
            body.toOpaque()
        )
        guard error == 0 else {
            body.release()
            throw Errno(rawValue: error)
        }
    }
}
