/// Metrics as Prometheus reads them: text exposition format 0.0.4.
package struct PrometheusText: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var families: [MetricFamily] = []

    package init(_ families: [MetricFamily] = []) { self.families = families }

    package mutating func add(_ family: MetricFamily) { families.append(family) }

    package var bytes: [UInt8] { Array(text.utf8) }

    package var text: String {
        var text = ""
        for family in families { family.write(to: &text) }
        return text
    }
}

/// All samples of one name.
///
/// Names are `yggdrasil_`, snake case, in base units (seconds, bytes); a counter's ends in `_total` and no other does.
/// Labels are bounded: executors and prefixes, never tasks.
package struct MetricFamily: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        /// Only grows, from 0 at each start of the process.
        case counter
        case gauge
    }

    package let name: String
    package let kind: Kind
    package let help: String
    /// No two with the same labels.
    package let samples: [MetricSample]

    package init(_ kind: Kind, _ name: String, help: String, _ samples: [MetricSample]) {
        self.kind = kind
        self.name = name
        self.help = help
        self.samples = samples
    }

    package static func counter(_ name: String, help: String, _ samples: [MetricSample]) -> MetricFamily {
        MetricFamily(.counter, name, help: help, samples)
    }

    package static func gauge(_ name: String, help: String, _ samples: [MetricSample]) -> MetricFamily {
        MetricFamily(.gauge, name, help: help, samples)
    }

    fileprivate func write(to text: inout String) {
        text += "# HELP \(name) \(escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name
            if !sample.labels.isEmpty {
                let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
                text += "{\(labels.joined(separator: ","))}"
            }
            text += " \(sample.valueText)\n"
        }
    }
}

/// One number.
package struct MetricSample: Sendable, Hashable {
    package struct Label: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    /// In the order in which they are written.
    package let labels: [Label]
    package let value: Double

    package init(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        self.value = value
        self.labels = labels.map { Label(name: $0.key, value: $0.value) }
    }

    package init(_ value: Int, _ labels: KeyValuePairs<String, String> = [:]) { self.init(Double(value), labels) }

    /// As Go writes a float.
    fileprivate var valueText: String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}

private func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
        switch character {
        case "\\": escaped += "\\\\"
        case "\n": escaped += "\\n"
        case "\"" where quotes: escaped += "\\\""
        default: escaped.unicodeScalars.append(character)
        }
    }
    return escaped
}
