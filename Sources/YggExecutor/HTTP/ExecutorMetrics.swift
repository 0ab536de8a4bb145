import YggCore
import YggTelemetry

extension ExecutorStatus {
    /// What `/metrics` tells.
    func metrics(of settings: ExecutorSettings) -> PrometheusText {
        let states: [ExecutorState] = [.running, .paused, .stopping, .stopped]
        let slots = settings.slots.counts.filter { $0.amount > 0 }
        return PrometheusText([
            .gauge(
                "yggdrasil_executor_state",
                help: "1 for the state the executor is in.",
                states.map { MetricSample($0 == lifecycle.state ? 1 : 0, ["state": $0.rawValue]) }
            ),
            .gauge(
                "yggdrasil_executor_slots",
                help: "Declared slots.",
                slots.map { MetricSample($0.amount, ["slot": $0.name]) }
            ),
            .gauge(
                "yggdrasil_executor_slots_free",
                help: "Slots that nothing uses at the moment.",
                slots.map { MetricSample(free[$0.name], ["slot": $0.name]) }
            ),
            .gauge("yggdrasil_executor_attempts", help: "Attempts accepted and not over.", [MetricSample(work.count)]),
            .gauge(
                "yggdrasil_executor_spool_bytes",
                help: "Bytes of entries that the coordinator has not acknowledged.",
                [MetricSample(spooledBytes)]
            ),
            .gauge(
                "yggdrasil_disk_free_bytes",
                help: "Free where data and workspace are.",
                disks.spaces.map { MetricSample(Double($0.free), ["path": $0.path]) }
            ),
            .gauge(
                "yggdrasil_disk_low",
                help: "1 while a disk is too full for new work.",
                [MetricSample(disks.isLow ? 1 : 0)]
            ),
            .gauge(
                "yggdrasil_executor_registered",
                help: "1 while the coordinator knows this process.",
                [MetricSample(isRegistered ? 1 : 0)]
            ),
            .gauge(
                "yggdrasil_uptime_seconds",
                help: "Since the start.",
                [MetricSample(Double(uptime.rawValue) / 1000)]
            ),
        ])
    }
}
