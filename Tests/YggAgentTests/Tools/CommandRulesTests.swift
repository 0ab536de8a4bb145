import Testing
import YggCore

@testable import YggAgent

struct CommandRulesTests {
    private let rules = CommandRules.standard

    @Test(
        arguments: [
            "pytest", "pytest -q tests/test_a.py::test_b -k 'a and b' -x --tb=short", "python -m pytest -q",
            "python3 -m unittest discover -s tests",
            "python script.py --flag value -c x", "python -u app/main.py", "python3 --version",
            "swift build --build-tests", "swift test --filter A",
            "swift package describe", "swift format lint -r Sources", "cargo test --all -- --nocapture", "cargo clippy",
            "go test ./... -run TestA -count=1", "go vet ./...",
            "npm test", "npm run lint -- --fix", "npx eslint src", "node --test tests/", "node --check a.js",
            "node tools/x.js -e y", "make test V=1",
            "cmake --build build", "mvn -q test", "./gradlew test", "eslint --fix src", "ruff check --fix .",
            "flake8 a.py",
            "tsc --noEmit", "gofmt -l .", "cat -n a.py", "head -20 a.py", "head -n 20 a", "tail -n5 a", "ls -la src",
            "wc -l a b", "pwd",
            "grep -rn 'def x' src", "grep -A3 x f", "grep -rin --include=*.py x .", "rg -n -A 3 x src",
            "find . -name *.py -type f -not -path ./x", "sed -n 10,20p a.py",
            "sed -n $p a", "diff -u a b", "sort -n a", "mkdir -p a/b", "mv a b", "cp -r a b", "rm -f a b", "touch a",
            "git status --short", "git diff --stat HEAD~1", "git log --oneline -5", "git show HEAD:a.py",
            "git blame -L 1,5 a", "echo anything -n", "which python3",
            "jq .name package.json",
        ]
    )
    func `harmless commands are allowed`(line: String) throws {
        // "$p" is for sed, in a list of words.
        let words = line.contains("$p") ? line.split(separator: " ").map(String.init) : try PlainWords(line).words
        #expect(throws: Never.self) { try rules.permit(words) }
    }

    @Test(
        arguments: [
            // Shells, and what runs other commands.
            "sh -c id", "bash x.sh", "/bin/sh -c id", "env FOO=1 pytest", "xargs rm", "nohup pytest",
            "timeout 5 pytest", "FOO=1 pytest", "sudo ls", "busybox sh",
            "/usr/bin/python3 -m pytest", "./pytest", "eval x", "exec x",
            // Code in the command itself.
            "python -c 'import os'", "python3 -c x", "python -Bc x", "python - x", "python -", "python -i", "python",
            "python -m pip install x", "python -m http.server",
            "python -m venv x", "python -m", "python -X importtime a.py", "python -W error a.py", "node -e x",
            "node --eval=x", "node -p x", "node -r x a.js", "node --import x a.js", "node --inspect a.js", "node",
            "node -", "perl -e x", "ruby -e x", "awk 'BEGIN{system(\"id\")}'", "make --eval=x", "make --ev=x",
            "make -E x", "cmake -P x", "cmake -E rm x", "cargo --config x test",
            "cargo test --config x", "go test -exec sh ./...", "go test -toolexec=x", "go vet -vettool=x",
            "pylint --init-hook=x", "pytest --basetemp=x", "pytest --baset x", "mocha -r x",
            // Nothing in or out.
            "pip install x", "npm install", "npm ci", "npm publish", "npm exec x", "npx cowsay", "cargo install x",
            "cargo publish", "go get x", "go install x", "curl http://x", "wget x", "ssh h", "nc -l 1",
            "apt-get install x", "docker run x", "swift package update", "uv run x",
            "git push", "git push origin main", "git fetch", "git pull", "git clone x", "git remote -v",
            "git ls-remote", "git submodule update",
            "git commit -m x", "git add .", "git checkout -- a", "git reset --hard", "git stash",
            "git config user.name x", "git clean -fd", "git -c core.pager=x log", "git -C .. status",
            "git --exec-path=x status", "git --git-dir=x status", "git diff --ext-diff", "git diff --textconv",
            "git diff --output=x", "git diff --no-index a b", "git log --ext-diff", "git show --textconv x",
            "git grep -O x",
            "git rebase -x id", "git bisect run x", "git difftool", "git help", "git",
            // Options that run or write something.
            "find . -exec rm {} +", "find . -execdir x", "find . -delete", "find . -ok x", "find . -fprint x",
            "find . -fls x", "find -L . -name x", "sed -i s/a/b/ f", "sed s/a/b/ f", "sed -n 1e f", "sed -n w f",
            "sed -n '1p;e id' f", "sed --in-place x f", "sort -o x y", "sort --compress-program=x y", "sort -T /tmp y",
            "rg --pre x y", "rg --pre=x y", "rg -z x", "rg --search-zip x", "rg -L x", "rg -f x y",
            "rg --ignore-file x y",
            "grep -f x y", "grep -R x .", "tail -f x", "tail --follow x", "tree -o x", "rm -r a", "rm -rf a",
            "rm --recursive a", "cp -L a b", "cp -s a b", "mv -t x y", "ln -s a b", "chmod +x a", "tee x", "dd if=a",
            "file -f x", "file -C -m x", "wc --files0-from=x", "du --files0-from=x", "jq -n env",
            "jq --slurpfile a b .", "diff --from-file=x y", "kill 1", "printenv", "ps aux",
        ]
    )
    func `dangerous commands are refused`(line: String) throws {
        let words = (try? PlainWords(line).words) ?? line.split(separator: " ").map(String.init)
        #expect(throws: ToolRefusal.self) { try rules.permit(words) }
    }

    @Test(
        arguments: [
            ("bash x", "bash may not be run. There is no shell: give the program and its arguments themselves."),
            (
                "/usr/bin/curl x",
                "curl may not be run. Nothing outside the workspace can be reached. Work with what is in it."
            ),
            (
                "git push origin",
                "git push may not be run. Nothing is sent or fetched from here: the work lands after it was approved."
            ),
            (
                "npm install",
                "npm install may not be run. Nothing can be installed, published or fetched. Use what is there; if that is not enough, say so with finish."
            ),
            (
                "sed -i x y",
                "sed -i may not be run. Change files with edit_file; sed may print lines, as in sed -n 10,20p FILE."
            ),
            (
                "python -c x",
                "python -c may not be run. Code is not given in a command: write it into a file with write_file and run that."
            ),
            ("wc -L x", "wc may not be run with -L. Allowed: -l -w -c -m."),
            ("make --eval x", "make may not be run with --eval."),
            ("ruff clean", "\"ruff clean\" is not allowed. Allowed: ruff check, ruff format, ruff rule."),
            ("A=1 pytest", "Variables cannot be set for a command. Begin with the program."),
            ("/usr/bin/pytest", "Name the program without its path: pytest."),
            ("cat -", "cat cannot read from its standard input (-): there is nothing in it. Name a file."),
            ("python", "python needs a script of the workspace to run."),
            ("sed -n s/a/b/p x", "sed may only print lines, as in sed -n 10,20p FILE. Change files with edit_file."),
        ]
    )
    func `a refusal says what to do instead`(line: String, sentence: String) throws {
        #expect(throws: ToolRefusal(sentence)) { try rules.permit(try PlainWords(line).words) }
    }

    @Test func `an unknown program is answered with those there are`() throws {
        let refusal = #expect(throws: ToolRefusal.self) { try rules.permit(["pytets"]) }
        #expect(
            refusal?.sentence.hasPrefix(
                "pytets is not among the commands that may be run. Did you mean pytest? These are: ./gradlew, ./mvnw, biome, black"
            ) == true
        )
    }

    @Test func `what keeps a command harmless is put into it`() throws {
        #expect(
            try rules.permit(["grep", "-rn", "x", "."]).argv == [
                "grep", "--exclude-dir=.git", "--exclude=.git", "-rn", "x", ".",
            ]
        )
        #expect(
            try rules.permit(["git", "diff", "--stat"]).argv == [
                "git", "diff", "--no-ext-diff", "--no-textconv", "--stat",
            ]
        )
    }

    @Test func `the words that may be paths are told`() throws {
        #expect(try rules.permit(["grep", "/x", "a", "--include=*.py"]).paths == ["a", "*.py"])
        #expect(try rules.permit(["head", "-n", "5", "a"]).paths == ["5", "a"])
        #expect(try rules.permit(["python", "a.py", "--out=/x", "-o", "y"]).paths == ["a.py", "--out=/x", "-o", "y"])
        #expect(try rules.permit(["pytest", "--rootdir=/x", "a"]).paths == ["--rootdir=/x", "a"])
    }

    @Test func `the rules are printed and read back`() throws {
        #expect(try CommandRules(rules.json) == rules)
        #expect(rules.json["rules"]?.arrayValue?.contains(["programs": ["rm"], "options": ["-f", "-v"]]) == true)
    }

    @Test func `rules that cannot be read are complained about`() {
        let wrong: JSON = [
            "rules": [["programs": ["x"], "options": [], "refusedOptions": []], ["program": "y"]], "refusals": ["z": 1],
        ]
        let error = #expect(throws: InvalidInput.self) { try CommandRules(wrong) }
        #expect(error?.description.contains("/rules/0/refusedOptions: cannot stand beside options") == true)
        #expect(error?.description.contains("/rules/1/programs: is required") == true)
    }

    @Test(
        arguments: [
            ("a/b", ["a/b"]), ("--out=/x", ["/x"]), ("-o/x", ["/x"]), ("-o", []), ("--verbose", []),
            ("SHELL=/x", ["SHELL=/x", "/x"]), ("@/x", ["@/x", "/x"]),
            ("/x::t", ["/x::t", "/x"]), ("-I=../x", ["../x", "=../x"]),
        ]
    )
    func `a path is found in a word`(word: String, candidates: [String]) {
        #expect(CommandPaths.candidates(in: word) == candidates)
    }
}
