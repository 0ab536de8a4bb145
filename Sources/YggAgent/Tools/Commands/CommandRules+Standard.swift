extension CommandRules {
    /// What is allowed unless the configuration says otherwise: building, testing, linting and formatting in the usual
    /// languages, reading, and moving files about. Nothing that installs, publishes, reaches out, or runs code that is
    /// written into the command itself.
    package static let standard = CommandRules(rules: building + linting + reading + moving + git, refusals: refusals)

    private static let building: [CommandRule] = [
        // Options of an interpreter are few, because most of the others take code.
        .init(
            ["python", "python3"],
            [
                "-m pytest", "-m unittest", "-m doctest", "-m compileall", "-m py_compile", "-m flake8", "-m ruff",
                "-m mypy", "-m black", "-m isort", "-m pyflakes", "-m pylint", "-m json.tool",
            ],
            options: .except(["--basetemp", "--init-hook", "--install-types", "--python-executable"])
        ),
        .init(["python", "python3"], options: .only(["-B", "-u", "-I", "-s", "-q", "-v"]), operands: .script),
        .init(["pytest", "py.test"], options: .except(["--basetemp"])),
        .init(["tox", "nox"], options: .except(["--notest", "--installpkg", "--force-dep"])),
        .init(["swift"], ["build", "test", "run", "package describe", "package dump-package"]),
        .init(["swiftc"], options: .only(["-typecheck", "-parse", "-O", "-D="])),
        .init(
            ["cargo"],
            ["build", "check", "test", "clippy", "fmt", "doc", "bench", "run", "tree", "metadata"],
            options: .except(["--config", "-Z"])
        ),
        .init(
            ["go"],
            ["build", "test", "run", "vet", "fmt", "list", "version", "mod tidy", "mod verify", "mod graph"],
            options: .except([
                "-exec", "--exec", "-toolexec", "--toolexec", "-vettool", "--vettool", "-overlay", "--overlay",
            ])
        ),
        .init(
            ["npm", "pnpm", "yarn"],
            ["test", "t", "run", "run-script", "ls", "list"],
            options: .except(["--script-shell", "--userconfig", "--globalconfig", "--registry", "--node-options"])
        ),
        .init(["npx"], ["eslint", "jest", "vitest", "mocha", "tsc", "prettier"], options: .except(["--require"])),
        .init(["node"], ["--test", "--check", "-c"], options: .only(["--no-warnings"])),
        .init(["node"], options: .only(["--no-warnings"]), operands: .script),
        .init(["jest", "vitest", "mocha"], options: .except(["--require", "-r", "--node-option"])),
        .init(["make", "gmake"], options: .except(["--eval", "-E"])),
        .init(["cmake"], ["--build", "-S", "-B"], options: .except(["-P", "-E"])),
        .init(["ctest"], options: .except(["--build-and-test", "-S", "--script"])),
        .init(
            ["mvn", "./mvnw"],
            ["test", "compile", "test-compile", "verify", "package", "-q test", "-q compile", "-B test"]
        ),
        .init(
            ["gradle", "./gradlew"],
            ["test", "build", "check", "assemble", "compileJava", "compileKotlin", "lint"],
            options: .except(["--init-script", "-I"])
        ),
        .init(["dotnet"], ["build", "test", "format"]),
        .init(["bundle"], ["exec rspec", "exec rubocop", "exec rake test"]),
        .init(["rspec", "rubocop", "phpunit"], options: .except(["--require", "-r", "--bootstrap"])),
    ]

    private static let linting: [CommandRule] = [
        .init(["ruff"], ["check", "format", "rule"]),
        .init(
            ["flake8", "black", "isort", "pyflakes", "mypy", "pylint", "pyright"],
            options: .except([
                "--init-hook", "--install-types", "--python-executable", "--pythonpath", "--load-plugins",
            ])
        ),
        .init(
            ["eslint", "prettier", "tsc", "biome", "stylelint"],
            options: .except(["--rulesdir", "--plugin", "--init"])
        ),
        .init(["swift"], ["format", "format lint"]),
        .init(["swift-format", "swiftformat", "swiftlint", "gofmt", "rustfmt", "clang-format", "shfmt"]),
        .init(["shellcheck", "yamllint", "hadolint", "markdownlint"]),
        .init(["golangci-lint"], ["run"], options: .except(["--modules-download-mode"])),
    ]

    private static let reading: [CommandRule] = [
        .init(["cat"], options: .only(["-n", "-b", "-s", "-A", "-e", "-t", "-v"])),
        .init(["head", "tail"], options: .only(["-n=", "-c=", "-#", "-q", "--lines=", "--bytes="])),
        .init(["nl"], options: .only(["-b="])),
        .init(["wc"], options: .only(["-l", "-w", "-c", "-m"])),
        .init(
            ["ls"],
            options: .only([
                "-l", "-a", "-A", "-h", "-R", "-1", "-t", "-r", "-S", "-d", "-F", "-p", "--all", "--almost-all",
                "--recursive", "--human-readable",
            ])
        ),
        .init(["pwd", "true", "false"], options: .only([]), operands: .none),
        .init(["echo"], operands: .text),
        .init(["which"], options: .only(["-a"]), operands: .text),
        .init(["file"], options: .only(["-b", "-i"])),
        .init(["stat"], options: .only(["-c=", "--format="])),
        .init(["du"], options: .only(["-s", "-h", "-a", "-d=", "--max-depth="])),
        .init(["tree"], options: .only(["-L=", "-a", "-d", "-I=", "-P=", "--noreport"])),
        .init(
            ["grep"],
            options: .only([
                "-r", "-n", "-i", "-l", "-L", "-c", "-w", "-x", "-v", "-E", "-F", "-P", "-o", "-h", "-H", "-s", "-q",
                "-A=", "-B=", "-C=", "-m=", "--include=", "--exclude=", "--exclude-dir=", "--color=", "--recursive",
                "--line-number", "--ignore-case", "--count", "--files-with-matches", "--word-regexp",
                "--fixed-strings", "--extended-regexp", "--max-count=", "--context=",
            ]),
            operands: .patternThenPaths,
            insert: ["--exclude-dir=.git", "--exclude=.git"]
        ),
        .init(
            ["rg"],
            options: .only([
                "-n", "-i", "-l", "-c", "-w", "-x", "-v", "-F", "-S", "-s", "-o", "-A=", "-B=", "-C=", "-m=", "-g=",
                "-t=", "-T=", "--glob=", "--type=", "--hidden", "--ignore-case", "--line-number", "--count",
                "--files-with-matches", "--word-regexp", "--fixed-strings", "--max-count=", "--context=",
            ]),
            operands: .patternThenPaths,
            insert: ["--no-config", "--color=never", "--iglob=!.git", "--iglob=!.git/**"]
        ),
        .init(
            ["find"],
            options: .only([
                "-name=", "-iname=", "-path=", "-ipath=", "-type=", "-maxdepth=", "-mindepth=", "-size=", "-mtime=",
                "-mmin=", "-newer=", "-empty", "-not", "-o", "-or", "-a", "-and", "-prune", "-print",
            ])
        ),
        .init(["sed"], ["-n", "--quiet"], options: .only([]), operands: .linesThenPaths),
        .init(
            ["diff"],
            options: .only(["-u", "-r", "-q", "-w", "-b", "-B", "-i", "-N", "-U=", "--brief", "--unified="]),
            insert: ["--exclude=.git"]
        ),
        .init(["cmp"], options: .only(["-s", "-l", "-b"])),
        .init(["sort"], options: .only(["-n", "-r", "-u", "-f", "-b", "-h", "-k=", "-t="])),
        .init(["uniq"], options: .only(["-c", "-d", "-u", "-i"])),
        .init(["cut"], options: .only(["-d=", "-f=", "-c=", "-s"])),
        .init(["jq"], options: .only(["-r", "-c", "-S", "-e", "-M"]), operands: .patternThenPaths),
    ]

    private static let moving: [CommandRule] = [
        .init(["mkdir"], options: .only(["-p", "-v", "--parents"])),
        .init(["touch"], options: .only([])),
        .init(["cp"], options: .only(["-r", "-R", "-f", "-n", "-p", "-v", "-P"])),
        .init(["mv"], options: .only(["-f", "-n", "-v"])),
        // One by one: what is removed is named.
        .init(["rm"], options: .only(["-f", "-v"])),
        .init(["rmdir"], options: .only(["-v"])),
    ]

    private static let git: [CommandRule] = [
        .init(
            ["git"],
            ["diff", "log", "show"],
            options: .only([
                "-p", "-s", "-w", "-b", "-M", "-n=", "-#", "-U=", "-S=", "-G=", "-i", "--stat", "--numstat",
                "--shortstat", "--summary", "--name-only", "--name-status", "--cached", "--staged", "--oneline",
                "--graph", "--all", "--no-color", "--patch", "--no-patch", "--unified=", "--follow", "--since=",
                "--until=", "--after=", "--before=", "--author=", "--grep=", "--format=", "--pretty=", "--date=",
                "--max-count=", "--word-diff", "--reverse", "--decorate", "--first-parent", "--merges", "--no-merges",
                "--check", "--exit-code", "--quiet", "--abbrev-commit", "--diff-filter=",
            ]),
            insert: GitOptions.harmlessDiff
        ),
        .init(
            ["git"],
            ["status"],
            options: .only(["-s", "-b", "-u", "--short", "--branch", "--porcelain", "--untracked-files="]),
            insert: ["--ignore-submodules=dirty"]
        ),
        .init(
            ["git"],
            ["ls-files"],
            options: .only(["-o", "-m", "-d", "-c", "--others", "--modified", "--deleted", "--exclude-standard"])
        ),
        .init(["git"], ["blame"], options: .only(["-L=", "-w", "-s", "-e", "--date="]), insert: ["--no-textconv"]),
        .init(["git"], ["rev-parse"], options: .only(["--abbrev-ref", "--short", "--verify", "--show-toplevel"])),
    ]

    private static let refusals: [String: String] = {
        var sentences: [String: String] = [:]
        for (programs, sentence) in reasons {
            for program in programs { sentences[program] = sentence }
        }
        return sentences
    }()

    private static let reasons: [([String], String)] = [
        (
            ["sh", "bash", "dash", "zsh", "fish", "ksh", "csh", "pwsh", "cmd", "eval", "source", "."],
            "There is no shell: give the program and its arguments themselves."
        ),
        (["cd", "pushd", "popd"], "Commands start at the top of the workspace: use the parameter directory."),
        (["export", "set", "unset", "alias"], "Variables cannot be set for a command."),
        (
            [
                "env", "xargs", "nohup", "time", "timeout", "nice", "setsid", "watch", "parallel", "script", "stdbuf",
                "exec", "command", "strace", "gdb",
            ],
            "It runs another command: give that one itself, with timeout_seconds where it takes long."
        ),
        (
            ["sudo", "su", "doas", "chroot", "unshare", "nsenter", "bwrap"],
            "Commands run as they are, and gain no rights."
        ),
        (
            [
                "curl", "wget", "nc", "ncat", "netcat", "telnet", "ssh", "scp", "sftp", "rsync", "ftp", "ping", "dig",
                "gh",
            ],
            "Nothing outside the workspace can be reached. Work with what is in it."
        ),
        (
            [
                "pip", "pip3", "pipx", "uv", "poetry", "conda", "apt", "apt-get", "dnf", "yum", "apk", "brew", "gem",
                "npm install", "npm ci", "npm i", "npm publish", "npm exec", "yarn add", "yarn install", "pnpm add",
                "pnpm install", "cargo install", "cargo add", "cargo publish", "cargo login", "go get", "go install",
                "go generate",
            ],
            "Nothing can be installed, published or fetched. Use what is there; if that is not enough, say so with finish."
        ),
        (
            ["perl", "ruby", "php", "lua", "awk", "gawk", "mawk", "osascript", "tclsh", "deno", "bun"],
            "Code is not given in a command: write a test, or a script in Python or JavaScript, with write_file and run that."
        ),
        (["tee", "dd", "truncate", "install", "patch", "ed", "ln"], "Change files with edit_file and write_file."),
        (
            ["vi", "vim", "nvim", "nano", "emacs", "less", "more", "man", "top", "htop"],
            "Nobody is at a terminal: use read_file."
        ),
        (
            ["chmod", "chown", "chgrp", "chattr", "mount", "umount", "kill", "pkill", "killall"],
            "It is not needed for the work."
        ),
        (
            [
                "docker", "podman", "kubectl", "systemctl", "service", "crontab", "at", "printenv", "ps", "whoami",
                "id", "uname",
            ],
            "It is about the machine and not about the work."
        ),
        (["ollama", "ygg", "claude", "codex"], "Other agents and models are not started from here."),
        (
            [
                "git push", "git pull", "git fetch", "git clone", "git remote", "git submodule", "git ls-remote",
                "git archive", "git send-email",
            ],
            "Nothing is sent or fetched from here: the work lands after it was approved."
        ),
        (
            [
                "git add", "git commit", "git checkout", "git switch", "git restore", "git reset", "git stash",
                "git rebase", "git merge", "git branch", "git tag", "git rm", "git mv", "git clean", "git apply",
                "git am", "git cherry-pick", "git revert", "git init", "git worktree", "git config", "git gc",
            ],
            "Commits are made for you, after each step. Change files with edit_file and write_file, and remove them with rm."
        ),
        (["git grep"], "Use search_files."),
        (
            ["git -C", "git -c"],
            "Leave the option out: commands start at the top of the workspace; use the parameter directory."
        ),
        (
            ["python -c", "python3 -c", "node -e", "node -p", "node --eval", "node --print"],
            "Code is not given in a command: write it into a file with write_file and run that."
        ),
        (
            ["sed -i", "sed -e", "sed -E"],
            "Change files with edit_file; sed may print lines, as in sed -n 10,20p FILE."
        ),
    ]
}
