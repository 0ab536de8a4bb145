import Testing

@testable import YggConfiguration

/// What people get wrong, and the line they are sent to.
@Suite("Files that are refused")
struct BadFileTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let complaints: [String]
        var testDescription: String { complaints.joined(separator: " / ") }

        init(_ text: String, _ complaints: String...) {
            self.text = text
            self.complaints = complaints
        }
    }

    private static let duration = "must be a duration such as 500ms, 30s, 10m, 2h or 7d"

    static let cases = [
        Case("[]", "f.yaml:1: must be an object, not an array"),
        Case("a: 1\na: 2\n", "f.yaml:1: the key \"a\" appears twice"),
        Case("coordinatr: {}\n", "f.yaml:1: coordinatr: is not known; did you mean \"coordinator\"?"),
        Case(
            "zebra: 1\n",
            "f.yaml:1: zebra: is not known; allowed are auth, backup, codeKinds, coordinator, executor, executors, git, handlers, models, "
                + "resources, routes, secrets, services, tierRules, timeZone, tracker"
        ),
        Case(
            "models:\n  default: olama/x\n  providers:\n    ollama: {type: ollama}\n",
            "f.yaml:2: models.default: names the provider olama, which is not under models.providers; did you mean "
                + "\"ollama\"?"
        ),
        Case(
            "models:\n  providers:\n    demo: {type: scriptd, file: x}\n",
            "f.yaml:3: models.providers.demo.type: must be one of ollama, scripted, not \"scriptd\""
        ),
        Case(
            "models:\n  providers:\n    demo: {type: scripted}\n    a/b: {type: ollama}\n",
            "f.yaml:3: models.providers.demo.file: is required",
            "f.yaml:4: models.providers[\"a/b\"]: is no name for a provider: a letter, then letters, digits, -, _ and ."
        ),
        Case(
            "models:\n  providers:\n    demo: {type: scripted, file: x, numCtx: 5}\n",
            "f.yaml:3: models.providers.demo.numCtx: is not known; allowed are file, type"
        ),
        Case(
            "models:\n  providers:\n    o:\n      type: ollama\n      numCtx: 5\n      timers: {whole: 5}\n",
            "f.yaml:5: models.providers.o.numCtx: must be from 512 to 4194304, not 5",
            "f.yaml:6: models.providers.o.timers.whole: must be a string, not an integer"
        ),
        Case(
            "models: {providers: {}}\n",
            "f.yaml:1: models.providers: must name at least one provider; without the key there is Ollama"
        ),
        Case(
            "codeKinds:\n  - {kind: code-test, prompt: x}\n",
            "f.yaml:2: codeKinds[0].kind: code-test is built in; choose another verb"
        ),
        Case(
            "codeKinds:\n  - {kind: ops-x, prompt: x}\n",
            "f.yaml:2: codeKinds[0].kind: must look like code-verb in lower case, not \"ops-x\""
        ),
        Case(
            "codeKinds:\n  - {kind: code-x, prompt: \"do {{pathss}}\"}\n",
            "f.yaml:2: codeKinds[0].prompt: {{pathss}} is not among params; did you mean \"paths\"?"
        ),
        Case(
            "codeKinds:\n  - {kind: code-x, prompt: \"do {{paths}}\", needsOneOf: [path]}\n",
            "f.yaml:2: codeKinds[0].needsOneOf: path is not among params; did you mean \"paths\"?"
        ),
        Case(
            "codeKinds:\n  - {kind: code-x}\n",
            "f.yaml:2: codeKinds[0].prompt: is required: what the model is told, with {{name}} where a parameter goes"
        ),
        Case(
            "codeKinds:\n  - kind: code-x\n    prompt: x\n    params: {ref: {type: string}}\n",
            "f.yaml:4: codeKinds[0].params.ref: has a meaning in every kind of work on code; choose another name"
        ),
        Case(
            "codeKinds:\n  - kind: code-x\n    prompt: x\n    params: {key: {type: repository}}\n",
            "f.yaml:4: codeKinds[0].params.key.type: must be string, integer, boolean or strings: it goes to a model"
        ),
        Case(
            "codeKinds:\n  - {kind: code-x, prompt: x, verification: tests}\n",
            "f.yaml:2: codeKinds[0].verification: must be one of test, lint, format, checker, none, not \"tests\""
        ),
        Case(
            "handlers:\n  - {kind: code-test, run: [\"true\"]}\n",
            "f.yaml:2: handlers[0].kind: code-test is built in; choose another verb"
        ),
        Case("coordinator: 5\n", "f.yaml:1: coordinator: must be an object, not an integer"),
        Case(
            "coordinator:\n  port: 70000\n",
            "f.yaml:2: coordinator.port: must be from 0 to 65535, not 70000"
        ),
        Case("coordinator:\n  port: \"80\"\n", "f.yaml:2: coordinator.port: must be an integer, not a string"),
        Case("coordinator:\n  host: 5\n", "f.yaml:2: coordinator.host: must be a string, not an integer"),
        Case(
            "coordinator: {host: \"http://x\"}",
            "f.yaml:1: coordinator.host: must be an address such as 127.0.0.1, or a host name, not \"http://x\""
        ),
        Case("coordinator: {leaseTTL: 15}", "f.yaml:1: coordinator.leaseTTL: must be a string, not an integer"),
        Case("coordinator: {leaseTTL: 15x}", "f.yaml:1: coordinator.leaseTTL: \(duration), not \"15x\""),
        Case("coordinator: {leaseTTL: 999ms}", "f.yaml:1: coordinator.leaseTTL: must be from 1s to 1h, not 999ms"),
        Case(
            "coordinator: {retention: {size: 2GB}}",
            "f.yaml:1: coordinator.retention.size: must be a size such as 512KiB, 64MiB or 2GiB, not \"2GB\""
        ),
        Case(
            "coordinator: {limits: {body: 1B}}",
            "f.yaml:1: coordinator.limits.body: must be from 64KiB to 1GiB, not 1B"
        ),
        Case(
            "coordinator: {limits: {largeBody: 1MiB}}",
            "f.yaml:1: coordinator.limits.largeBody: must be from 2MiB to 1GiB, not 1MiB"
        ),
        Case(
            "coordinator:\n  publicUrl: surtr:5080\n",
            "f.yaml:2: coordinator.publicUrl: must be a URL such as http://surtr:5080, not \"surtr:5080\""
        ),
        Case(
            "coordinator: {port: x, hst: y}\nexecutor: {id: a b}\n",
            "f.yaml:1: coordinator.port: must be an integer, not a string",
            "f.yaml:1: coordinator.hst: is not known; did you mean \"host\"?",
            "f.yaml:2: executor.id: must be an id of 1 to 64 letters, digits, dots, dashes and underscores, not \"a b\""
        ),
        Case(
            "executor:\n  handlers:\n    - ops\n    - 5\n",
            "f.yaml:4: executor.handlers[1]: must be a string, not an integer"
        ),
        Case(
            "secrets: {token: \"hunter2hunter2\"}",
            "f.yaml:1: secrets.token: must be a reference, env:NAME or file:/path: a secret does not belong in this file"
        ),
        Case(
            "secrets: {\"my token\": \"env:A\"}",
            "f.yaml:1: secrets[\"my token\"]: is no name for a secret: a letter, then letters, digits, -, _ and ."
        ),
        Case(
            """
            secrets: {token: "env:A"}
            routes: [{prefix: ops-, executors: [e], secrets: [tokn]}]
            handlers:
              - {kind: ops-a, run: [a], secrets: {A: tokens}}
              - {kind: dev-a, run: [a], params: {x: {type: secret, variable: X}}}
            """,
            "f.yaml:2: routes[0].secrets: names the secret tokn, which is not under secrets; did you mean \"token\"?",
            "f.yaml:4: handlers[0].secrets: names the secret tokens, which is not under secrets; did you mean \"token\"?",
            "f.yaml:5: handlers[1].params.x: is of type secret, and no task may name one: list them in its enum or in its "
                + "route's secrets"
        ),
        Case("executor: {handlers: []}", "f.yaml:1: executor.handlers: must name at least one handler, or be all"),
        Case(
            "executor: {handlers: [all, ops]}",
            "f.yaml:1: executor.handlers: must be prefixes and kinds such as ops and git-log, or all alone, not \"all\""
        ),
        Case(
            "executor:\n  slots:\n    \"gpu@surtr\": 1\n",
            "f.yaml:3: executor.slots.gpu@surtr: belongs to the whole fleet; write it under resources"
        ),
        Case(
            "executor: {slots: {default: 0}}",
            "f.yaml:1: executor.slots: leaves no slot at all, so that nothing could run"
        ),
        Case("executor: {slots: {default: -1}}", "f.yaml:1: executor.slots.default: must be from 0 to 10000, not -1"),
        Case("executor: {window: 0}", "f.yaml:1: executor.window: must be from 1 to 1000, not 0"),
        Case("executor: {labels: {a: [1]}}", "f.yaml:1: executor.labels.a: must be a string, not an array"),
        Case(
            "routes: []",
            "f.yaml:1: routes: must name at least one route; without the key there are the standard ones"
        ),
        Case(
            "routes:\n  - {prefix: ops, executors: [a]}\n",
            "f.yaml:2: routes[0].prefix: must be the beginning of kinds up to a dash, such as code-, not \"ops\""
        ),
        Case("routes:\n  - {prefix: ops-}\n", "f.yaml:2: routes[0].executors: is required"),
        Case(
            "routes:\n  - {prefix: ops-, executors: []}\n",
            "f.yaml:2: routes[0].executors: must name at least one executor"
        ),
        Case(
            "routes:\n  - {prefix: ops-, executors: [a]}\n  - {prefix: git-, executors: [a]}\n"
                + "  - prefix: ops-\n    executors: [b]\n",
            "f.yaml:4: routes[2].prefix: \"ops-\" is the prefix of routes[0] already"
        ),
        Case(
            "routes:\n  - prefix: ops-\n    executors: [a]\n    fallback: [b, a]\n",
            "f.yaml:4: routes[0].fallback[1]: \"a\" is one of the route's executors already"
        ),
        Case(
            "routes:\n  - {prefix: ops-, executors: [a, a]}\n",
            "f.yaml:2: routes[0].executors[1]: \"a\" is in this list already"
        ),
        Case(
            "routes:\n  - {prefix: ops-, executors: [a], offline: maybe}\n",
            "f.yaml:2: routes[0].offline: must be one of stop, continue, not \"maybe\""
        ),
        Case("executors:\n  - {url: \"http://a:1\"}\n", "f.yaml:2: executors[0].id: is required"),
        Case(
            "executors:\n  - {id: a, url: \"http://a:1\"}\n  - {id: a, url: \"http://b:1\"}\n",
            "f.yaml:3: executors[1].id: \"a\" is the id of executors[0] already"
        ),
        Case(
            "executors:\n  - {id: a, url: \"http://a:1\", port: 2}\n",
            "f.yaml:2: executors[0].port: is 2, but the url says 1"
        ),
        Case(
            "executors:\n  - {id: a, url: \"http://a:1\", token: hunter2}\n",
            "f.yaml:2: executors[0].token: must be a reference, env:NAME or file:/path: a secret does not belong in this "
                + "file"
        ),
        Case("git: {author: {name: Odin}}", "f.yaml:1: git.author.email: is required"),
        Case(
            "git: {author: {name: Odin, email: odin}}",
            "f.yaml:1: git.author.email: must be an e-mail address, not \"odin\""
        ),
        Case(
            "handlers:\n  - kind: ops-sleep\n    params:\n      seconds: {type: integr}\n    run: [sleep, \"{{seconds}}\"]\n",
            "f.yaml:4: handlers[0].params.seconds.type: must be one of string, integer, number, boolean, object, path, repository, "
                + "strings, secret, not \"integr\""
        ),
        Case(
            "handlers:\n  - {kind: ops-a, run: [\"true\"]}\n  - {kind: ops-a, run: [\"true\"]}\n",
            "f.yaml:3: handlers[1].kind: \"ops-a\" is the kind of handlers[0] already"
        ),
        Case(
            "handlers:\n  - {kind: git-log, run: [\"true\"]}\n",
            "f.yaml:2: handlers[0].kind: git-log is built in; choose another verb"
        ),
        Case(
            "resources: {gpu: 1}",
            "f.yaml:1: resources.gpu: must contain an @, such as gpu@surtr; slots of one executor are named under "
                + "executor.slots"
        ),
        Case(
            "\n\ntimeZone: Europe/Asgard\n",
            "f.yaml:3: timeZone: must be the name of a time zone, such as Europe/Berlin, not \"Europe/Asgard\""
        ),
    ]

    @Test(arguments: cases)
    func `a bad file is refused with file, line, key and what is allowed`(_ test: Case) {
        let error = #expect(throws: ConfigurationError.self) {
            try LoadedConfiguration(text: test.text, path: "f.yaml")
        }
        #expect(error?.issues.map(\.description) == test.complaints)
    }

    @Test func `a key path is written as people write it`() {
        #expect(keyPath("") == "")
        #expect(keyPath("/handlers/0/params/a~1b/type") == "handlers[0].params[\"a/b\"].type")
        #expect(keyPath("/resources/gpu@surtr") == "resources.gpu@surtr")
        #expect(keyPath("/a.b/c~0d/") == "[\"a.b\"].c~d[\"\"]")
    }
}
