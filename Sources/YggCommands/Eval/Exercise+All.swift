extension Exercise {
    /// All there are, in the order in which they are done: what is easy first, so that `--only` says something soon.
    static let all: [Exercise] = [
        python(
            "add",
            .fix,
            "add() returns the wrong number. Make its test pass.",
            "def add(a, b):\n    return a - b\n",
            "assert add(2, 3) == 5"
        ),
        python(
            "greet",
            .edit,
            "Give greet() a second parameter, `punctuation`, with the default \"!\", that ends the greeting.",
            "def greet(name):\n    return \"Hello, \" + name + \"!\"\n",
            "assert greet('Freya') == 'Hello, Freya!'",
            "assert greet('Loki', '?') == 'Hello, Loki?'"
        ),
        python(
            "last",
            .fix,
            "last() fails for an empty list; it should return None there.",
            "def last(items):\n    return items[-1]\n",
            "assert last([1, 2]) == 2",
            "assert last([]) is None"
        ),
        lint("unused", "import os\nimport sys\n\n\ndef name():\n    return sys.platform\n"),
        python(
            "median",
            .fix,
            "median() is wrong for an even number of values.",
            "def median(values):\n    values = sorted(values)\n    return values[len(values) // 2]\n",
            "assert median([3, 1, 2]) == 2",
            "assert median([1, 2, 3, 4]) == 2.5"
        ),
        python(
            "celsius",
            .edit,
            "Add a function to_fahrenheit(celsius) to celsius.py, the inverse of to_celsius().",
            "def to_celsius(fahrenheit):\n    return (fahrenheit - 32) * 5 / 9\n",
            "assert to_celsius(212) == 100",
            "assert to_fahrenheit(100) == 212"
        ),
        python(
            "leap",
            .fix,
            "leap() is wrong for the years 1900 and 2000.",
            "def leap(year):\n    return year % 4 == 0\n",
            "assert leap(2024) and leap(2000)",
            "assert not leap(1900) and not leap(2023)"
        ),
        lint("bare", "def number(text):\n    try:\n        return int(text)\n    except:\n        return None\n"),
        python(
            "roman",
            .fix,
            "roman() cannot write 4, 9, 40 and their like.",
            "MARKS = [(1000, 'M'), (500, 'D'), (100, 'C'), (50, 'L'), (10, 'X'), (5, 'V'), (1, 'I')]\n\n\n"
                + "def roman(number):\n    text = ''\n    for value, mark in MARKS:\n        while number >= value:\n"
                + "            text += mark\n            number -= value\n    return text\n",
            "assert roman(1666) == 'MDCLXVI'",
            "assert roman(1994) == 'MCMXCIV'",
            "assert roman(4) == 'IV'"
        ),
        shell(
            "count",
            .fix,
            "count.sh prints the number of words; it should print the number of lines.",
            "#!/bin/sh\nwc -w < \"$1\" | tr -d ' '\n",
            "printf 'a b\\nc\\n' > in.txt\n[ \"$(sh count.sh in.txt)\" = 2 ]"
        ),
        python(
            "stack",
            .edit,
            "Add a method peek() to Stack: the last item without taking it off, None where there is none.",
            "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n"
                + "        self.items.append(item)\n\n    def pop(self):\n        return self.items.pop()\n",
            "s = stack.Stack(); s.push(1); s.push(2)",
            "assert s.peek() == 2 and s.pop() == 2",
            "assert stack.Stack().peek() is None"
        ),
        lint("mutable", "def collect(item, into=[]):\n    into.append(item)\n    return into\n"),
        javascript(
            "clamp",
            .fix,
            "clamp() does not keep to the lower bound.",
            "exports.clamp = (x, low, high) => (x > high ? high : x);\n",
            "assert.equal(clamp(5, 0, 3), 3);\nassert.equal(clamp(-5, 0, 3), 0);"
        ),
        python(
            "words",
            .edit,
            "count() should not tell upper from lower case, and should ignore the marks . , ! ? around a word.",
            "def count(text):\n    counts = {}\n    for word in text.split():\n        counts[word] = counts.get(word, 0) + 1\n    return counts\n",
            "assert count('a b a') == {'a': 2, 'b': 1}",
            "assert count('Yes, yes! No.') == {'yes': 2, 'no': 1}"
        ),
        shell(
            "backup",
            .edit,
            "backup.sh should print `usage: backup.sh FILE` to standard error and exit with 2 where it is given no argument.",
            "#!/bin/sh\ncp \"$1\" \"$1.bak\"\n",
            "echo x > f.txt\nsh backup.sh f.txt\n[ -e f.txt.bak ]\nif sh backup.sh 2> err.txt; then exit 1; else [ $? = 2 ]; fi\ngrep -q 'usage: backup.sh FILE' err.txt"
        ),
        javascript(
            "slug",
            .edit,
            "slug() should put one dash in the place of each run of characters that are neither letters nor digits, and none at the ends.",
            "exports.slug = (text) => text.toLowerCase();\n",
            "assert.equal(slug('Hello'), 'hello');\nassert.equal(slug(' Hello,  World! '), 'hello-world');"
        ),
        lint("compare", "def missing(value):\n    return value == None\n"),
        python(
            "cache",
            .fix,
            "Cache keeps more than `size` entries; it should forget the one that was used longest ago.",
            "class Cache:\n    def __init__(self, size):\n        self.size = size\n        self.items = {}\n\n    def put(self, key, value):\n"
                + "        self.items[key] = value\n\n    def get(self, key):\n        return self.items.get(key)\n",
            "c = cache.Cache(2); c.put('a', 1); c.put('b', 2); c.get('a'); c.put('c', 3)",
            "assert c.get('a') == 1 and c.get('b') is None and c.get('c') == 3"
        ),
        javascript(
            "group",
            .edit,
            "Add a function groupBy(items, key) to group.js and export it: an object from key(item) to the items that have it.",
            "exports.first = (items) => items[0];\n",
            "const all = group.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even'));\nassert.deepEqual(all, {odd: [1, 3], even: [2]});\nassert.equal(group.first([7]), 7);"
        ),
        python(
            "intervals",
            .fix,
            "merge() does not merge intervals that touch, or that come in another order.",
            "def merge(intervals):\n    merged = []\n    for low, high in intervals:\n        if merged and merged[-1][1] > low:\n"
                + "            merged[-1] = (merged[-1][0], high)\n        else:\n            merged.append((low, high))\n    return merged\n",
            "assert merge([(1, 3), (2, 4)]) == [(1, 4)]",
            "assert merge([(5, 6), (1, 2), (2, 3)]) == [(1, 3), (5, 6)]",
            "assert merge([(1, 9), (2, 3)]) == [(1, 9)]"
        ),
    ]

    private static func python(_ name: String, _ sort: Sort, _ instruction: String, _ code: String, _ checks: String...)
        -> Exercise
    {
        let test =
            "import unittest\n\nimport \(name)\nfrom \(name) import *\n\n\nclass Test(unittest.TestCase):\n    def test_\(name)(self):\n"
            + checks.map { "        \($0)\n" }.joined()
        return Exercise(
            name: name,
            sort: sort,
            instruction: instruction,
            files: [("\(name).py", code), ("test_\(name).py", test), (".gitignore", "__pycache__/\n")],
            check: ["python3", "-m", "unittest", "test_\(name)"]
        )
    }

    private static func javascript(
        _ name: String,
        _ sort: Sort,
        _ instruction: String,
        _ code: String,
        _ checks: String
    ) -> Exercise {
        let test =
            "const assert = require('node:assert');\nconst \(name == "group" ? name : "{ \(name) }") = require('./\(name).js');\n\(checks)\n"
        return Exercise(
            name: name,
            sort: sort,
            instruction: instruction,
            files: [("\(name).js", code), ("test.js", test)],
            check: ["node", "test.js"]
        )
    }

    private static func shell(_ name: String, _ sort: Sort, _ instruction: String, _ code: String, _ checks: String)
        -> Exercise
    {
        let test =
            "set -e\nwork=$(mktemp -d)\ntrap 'rm -rf \"$work\"' EXIT\ncp \(name).sh \"$work\"\ncd \"$work\"\n\(checks)\n"
        return Exercise(
            name: name,
            sort: sort,
            instruction: instruction,
            files: [("\(name).sh", code), ("test.sh", test)],
            check: ["sh", "test.sh"]
        )
    }

    /// With a linter of its own, so that every machine has it.
    private static func lint(_ name: String, _ code: String) -> Exercise {
        let linter = """
            import ast
            import sys

            tree = ast.parse(open("\(name).py").read())
            found = []
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        if alias.name not in names:
                            found.append((node.lineno, "F401 '%s' imported but unused" % alias.name))
                if isinstance(node, ast.ExceptHandler) and node.type is None:
                    found.append((node.lineno, "E722 do not use bare 'except'"))
                if isinstance(node, ast.FunctionDef):
                    for default in node.args.defaults:
                        if isinstance(default, (ast.List, ast.Dict, ast.Set)):
                            found.append((default.lineno, "B006 do not use a mutable default"))
                if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops):
                    if any(isinstance(x, ast.Constant) and x.value is None for x in node.comparators):
                        found.append((node.lineno, "E711 comparison to None should be 'is None'"))
            for line, text in found:
                print("\(name).py:%d:1: %s" % (line, text))
            sys.exit(1 if found else 0)

            """
        return Exercise(
            name: name,
            sort: .lint,
            instruction: "Repair what the linter complains about in \(name).py. Do not change lint.py.",
            files: [("\(name).py", code), ("lint.py", linter)],
            check: ["python3", "lint.py"]
        )
    }
}
