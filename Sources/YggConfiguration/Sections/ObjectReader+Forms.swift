import YggCore

extension ObjectReader {
    /// A string in the given form.
    mutating func read<Value>(_ key: String, _ form: TextForm<Value>) -> Value? {
        guard let text = string(key) else { return nil }
        do throws(ValueProblem) {
            return try form.parse(text)
        } catch {
            complain(key, error.detail)
            return nil
        }
    }

    mutating func port(_ key: String) -> Int? { int(key, in: 0...65_535).map { Int($0) } }

    /// Strings in the given form, each complained about by itself. nil only where there is no array.
    mutating func list<Value>(_ key: String, _ form: TextForm<Value>) -> [Value]? {
        guard let array = array(key) else { return nil }
        var values: [Value] = []
        for (index, element) in array.enumerated() {
            let pointer = "\(path(key))/\(index)"
            guard let text = element.stringValue else {
                adopt(InvalidInput(pointer, "must be a string, not \(element.typeName)"))
                continue
            }
            do throws(ValueProblem) {
                values.append(try form.parse(text))
            } catch {
                adopt(InvalidInput(pointer, error.detail))
            }
        }
        return values
    }

    /// An object of labels. Numbers and booleans are taken as they are spelt, because `cores: 4` means what it says.
    mutating func labels(_ key: String) -> [String: String]? {
        guard let object = object(key) else { return nil }
        var labels: [String: String] = [:]
        for (name, value) in object.members {
            let text: String
            switch value {
            case .string(let string): text = string
            case .int(let number): text = String(number)
            case .bool(let flag): text = String(flag)
            default:
                adopt(InvalidInput("\(path(key))/\(name)", "must be a string, not \(value.typeName)"))
                continue
            }
            if let problem = labelProblem(name: name, value: text) { complain(key, problem) }
            labels[name] = text
        }
        return labels
    }

    /// Complains about every element of the array `key` whose `member` an earlier one has as well.
    mutating func refuseRepeated(_ member: String, in key: String) {
        var first: [String: Int] = [:]
        for (index, element) in (object[key]?.arrayValue ?? []).enumerated() {
            guard let name = element[member]?.stringValue else { continue }
            if let earlier = first[name] {
                adopt(
                    InvalidInput(
                        "\(path(key))/\(index)/\(member)",
                        "\"\(name)\" is the \(member) of \(key)[\(earlier)] already"
                    )
                )
            } else {
                first[name] = index
            }
        }
    }
}
