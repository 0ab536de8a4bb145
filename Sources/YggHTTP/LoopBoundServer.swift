package import HummingbirdCore
import Logging
import NIOCore
import Synchronization

extension HTTPServerBuilder {
    /// HTTP/1.1 whose connections live on one thread each: their event loop's.
    ///
    /// Otherwise a request changes threads twice, from the loop to the pool and back, and on a machine with idle cores
    /// each change costs the time to wake one, many times what the request's own work takes. Handlers may therefore not
    /// block: what does goes to a thread of its own.
    package static func loopBoundHTTP1(configuration: HTTP1Channel.Configuration) -> HTTPServerBuilder {
        let executors = LoopExecutors()
        return HTTPServerBuilder { responder in
            LoopBoundChannel(
                base: HTTP1Channel(responder: responder, configuration: configuration),
                executors: executors
            )
        }
    }
}

/// A connection that is handled where its bytes arrive.
private struct LoopBoundChannel: ServerChildChannel {
    let base: HTTP1Channel
    let executors: LoopExecutors

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(executors[value.channel.eventLoop]) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// One executor a loop, for as long as the server lives.
private final class LoopExecutors: Sendable {
    private let known = Mutex<[ObjectIdentifier: LoopExecutor]>([:])

    subscript(loop: any EventLoop) -> LoopExecutor {
        known.withLock { known in
            if let executor = known[ObjectIdentifier(loop)] { return executor }
            let executor = LoopExecutor(loop: loop)
            known[ObjectIdentifier(loop)] = executor
            return executor
        }
    }
}

/// Runs tasks on an event loop.
private final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
