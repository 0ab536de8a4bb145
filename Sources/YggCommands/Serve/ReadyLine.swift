import YggCore

/// The one line by which scripts know that a server is up, and where.
enum ReadyLine {
    static func print(role: String, address: String, executorAddress: String? = nil) {
        var object: JSONObject = [
            "event": "ready", "role": .string(role), "address": .string(address),
        ]
        object.append("executorAddress", .optional(executorAddress))
        Console.out(JSON.object(object).text + "\n")
    }
}
