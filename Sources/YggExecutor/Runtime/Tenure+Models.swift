import Logging
import Synchronization
import YggAgent
import YggCore
import YggTelemetry

extension Tenure {
    /// Between two looks, however much is heard meanwhile.
    private static let shortestLook: Milliseconds = 500

    /// Looks after the servers of models, so that work which would ask one that does not answer is granted elsewhere, or
    /// waits. Whoever asks a model and finds it otherwise than it was told rings for the next look.
    func modelLoop(_ models: ModelDirectory) async {
        models.watch.listen { [modelBell] in modelBell.ring() }
        while !isOver {
            guard settings.watchedModels != nil else {
                // Until a reload brings a kind that asks one.
                await modelBell.sleep(on: thread)
                continue
            }
            let before = seat.withLock { $0.control.models }
            let report = await models.watch.look(at: clock.time)
            if report != before { note(report, before: before) }
            let now = clock.now()
            await Wakeup().sleep(until: now + Self.shortestLook, on: thread)
            // Executors that lost one server together do not come back to it together.
            let interval = Double(models.watch.interval.rawValue) * (0.8 + 0.4 * machine.jitter)
            await modelBell.sleep(until: now + Milliseconds(Int64(interval)), on: thread)
        }
    }

    /// Other kinds are offered from now on. Before it was looked whether their model answers no work for it is taken.
    func modelsMayBeAsked() {
        guard let models = settings.watchedModels, seat.withLock({ $0.control.models == nil }) else { return }
        feed(.models(models.watch.report(at: clock.time())))
        modelBell.ring()
    }

    private func note(_ report: ModelReport, before: ModelReport?) {
        guard !isOver else { return }
        for endpoint in report.endpoints {
            let was = before?.endpoints.first { $0.provider == endpoint.provider }
            guard was?.isReachable != endpoint.isReachable else { continue }
            if endpoint.isReachable {
                logger.notice("A server of models answers", metadata: .of([.reason: "\(endpoint.url)"]))
            } else {
                logger.warning("A server of models does not answer", metadata: .of([.reason: "\(endpoint.sentence)"]))
            }
        }
        feed(.models(report))
    }
}
