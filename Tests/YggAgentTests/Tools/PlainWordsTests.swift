import Testing
import YggCore

@testable import YggAgent

struct PlainWordsTests {
    @Test(
        arguments: [
            ("pytest -q", ["pytest", "-q"]), ("  pytest\t-q  ", ["pytest", "-q"]), ("$ pytest", ["pytest"]),
            ("pytest 2>&1", ["pytest"]), ("a 'b c' \"d e\"", ["a", "b c", "d e"]), ("a ''", ["a", ""]),
            ("a b'c'\"d\"e", ["a", "bcde"]), ("a \"x \\\" \\\\ \\n\"", ["a", "x \" \\ \\n"]),
            ("a \\; b\\ c", ["a", ";", "b c"]),
            ("grep 'a|b && $x `y`' f", ["grep", "a|b && $x `y`", "f"]), ("grep \"foo$\" f", ["grep", "foo$", "f"]),
            ("grep foo$ f", ["grep", "foo$", "f"]), ("find . -name *.py", ["find", ".", "-name", "*.py"]),
            ("pytest t.py::test_a[1]", ["pytest", "t.py::test_a[1]"]),
            ("find . \\( -empty \\)", ["find", ".", "(", "-empty", ")"]),
            ("echo #x", ["echo", "#x"]),
        ]
    )
    func `words are read as a shell reads them`(line: String, words: [String]) throws {
        #expect(try PlainWords(line).words == words)
    }

    @Test(
        arguments: [
            (
                "cd src && pytest",
                "There is no shell here, so && in a command means nothing. Give one command a call; in place of cd, use the parameter directory."
            ),
            (
                "pytest || true",
                "There is no shell here, so || in a command means nothing. Give one command a call; in place of cd, use the parameter directory."
            ),
            (
                "pytest; ls",
                "There is no shell here, so ; in a command means nothing. Give one command a call; in place of cd, use the parameter directory."
            ),
            (
                "pytest | head",
                "There is no shell here, so | in a command means nothing. The output is cut to its beginning and end anyway: run the first command alone, or use search_files."
            ),
            (
                "pytest &",
                "There is no shell here, so & in a command means nothing. Run it in the foreground, or give a larger timeout_seconds."
            ),
            (
                "pytest > out.txt",
                "There is no shell here, so > in a command means nothing. The output is shown to you; write files with write_file."
            ),
            (
                "pytest 2>/dev/null",
                "There is no shell here, so > in a command means nothing. The output is shown to you; write files with write_file."
            ),
            (
                "cat < in",
                "There is no shell here, so < in a command means nothing. Commands read nothing. Name the file as an argument, or write text with write_file."
            ),
            (
                "echo $(id)",
                "There is no shell here, so $( ) in a command means nothing. Run the inner command first and write what it says."
            ),
            (
                "echo \"$(id)\"",
                "There is no shell here, so $( ) in a command means nothing. Run the inner command first and write what it says."
            ),
            (
                "echo `id`",
                "There is no shell here, so ` ` in a command means nothing. Run the inner command first and write what it says."
            ),
            (
                "echo \"`id`\"",
                "There is no shell here, so ` ` in a command means nothing. Run the inner command first and write what it says."
            ),
            (
                "echo $HOME",
                "There is no shell here, so a variable ($) in a command means nothing. Write its value, or put a $ that is meant as such in single quotes."
            ),
            (
                "echo \"${HOME}\"",
                "There is no shell here, so a variable ($) in a command means nothing. Write its value, or put a $ that is meant as such in single quotes."
            ),
            (
                "echo $'a'",
                "There is no shell here, so a variable ($) in a command means nothing. Write its value, or put a $ that is meant as such in single quotes."
            ),
            (
                "(ls)",
                "There is no shell here, so ( in a command means nothing. Give plain words, and put text with brackets in quotes."
            ),
            (
                "ls\nid",
                "There is no shell here, so several lines in a command means nothing. Give one command in one line."
            ),
            (
                "ls \\\n-l",
                "There is no shell here, so a line that goes on in a command means nothing. Give one command in one line."
            ),
            ("ls 'a", "A ' in the command has no end. Close the quotes."),
            ("ls \"a", "A \" in the command has no end. Close the quotes."),
            ("ls a\0b", "The command contains a NUL byte. Give plain words."),
            ("", "The command is empty. Give a program and its arguments, such as pytest -q."),
            ("  ", "The command is empty. Give a program and its arguments, such as pytest -q."),
            ("'' x", "The command is empty. Give a program and its arguments, such as pytest -q."),
        ]
    )
    func `what only a shell can do is refused with what to do instead`(line: String, sentence: String) {
        #expect(throws: ToolRefusal(sentence)) { try PlainWords(line) }
    }

    @Test(arguments: seeds(300)) func `quoted words come back as they were`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let words = (0..<random.int(1..<6)).map { index in
            (index == 0 ? "p" : "")
                + (0..<random.int(0..<8)).map { _ in
                    random.pick(["a", " ", "'", "\"", "$", "|", "\\", ";", "é", "\n", "`"])
                }.joined()
        }
        let line = words.map {
            "'" + $0.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
        }
        #expect(try PlainWords(line.joined(separator: " ")).words == words)
    }
}
