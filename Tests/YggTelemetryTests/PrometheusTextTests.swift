import Testing

@testable import YggTelemetry

@Suite("Prometheus text")
struct PrometheusTextTests {
    @Test func `a family is help, type and samples, and the text ends with a line feed`() {
        var text = PrometheusText()
        text.add(
            .gauge(
                "yggdrasil_tasks",
                help: "Tasks by state\nand \\ prefix",
                [
                    MetricSample(3, ["prefix": "code-", "state": "queued"]),
                    MetricSample(0, ["prefix": "a\"b\\c\nd", "state": "running"]),
                ]
            )
        )
        text.add(.counter("yggdrasil_leases_expired_total", help: "Leases that ran out", [MetricSample(12)]))
        text.add(.gauge("yggdrasil_nothing", help: "No samples", []))
        #expect(
            text.text == #"""
                # HELP yggdrasil_tasks Tasks by state\nand \\ prefix
                # TYPE yggdrasil_tasks gauge
                yggdrasil_tasks{prefix="code-",state="queued"} 3
                yggdrasil_tasks{prefix="a\"b\\c\nd",state="running"} 0
                # HELP yggdrasil_leases_expired_total Leases that ran out
                # TYPE yggdrasil_leases_expired_total counter
                yggdrasil_leases_expired_total 12
                # HELP yggdrasil_nothing No samples
                # TYPE yggdrasil_nothing gauge

                """#
        )
    }

    @Test(
        arguments: [
            (1, "1"), (0.25, "0.25"), (-3, "-3"), (1e15, "1000000000000000"), (1e300, "1e+300"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)]
    )
    func `numbers are written as Go writes them`(value: Double, text: String) {
        let page = PrometheusText([.gauge("x", help: "y", [MetricSample(value)])]).text
        #expect(page.hasSuffix("\nx \(text)\n"))
    }
}
