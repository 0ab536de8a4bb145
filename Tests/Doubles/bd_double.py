#!/usr/bin/env python3
"""A stand-in for `bd`, the command of Beads, for tests: the shapes, channels and traps that clients meet.

It keeps its issues in `.beads/double.json` of a workspace, under a lock, and is run once for each call like the real one.
What it is to be is read from `.beads/double-settings.json`, which a test writes:

  version      which bd it is (default 1.0.5); decides about flags, claims, comments, locks
  envelope     wraps every answer in {"schema_version": 1, "data": …}, as BD_JSON_ENVELOPE=1 does
  noise        a line that is no JSON before each answer, and a warning on standard error
  delay        seconds that each call takes
  doubleClaim  seconds after a claim within which another one is told that it won, too (and does)
  faults       a list of {"command", "mode", "times", "after"}: what goes wrong with the next such calls, after some that go
               well. Modes:
                 hang          waits until it is ended, before anything was done
                 hang-after    the same, after everything was done
                 kill-after    does it, and dies without a word
                 lock          another process has the lock (0.63 to 1.0.3)
                 nothing       says "No updates specified" and does nothing
                 error         fails with the text "it broke"
                 empty         says what a bd says whose database is gone, and finds nothing

Every call is appended to `.beads/double-calls.jsonl`: {"argv", "actor", "pid", "at", "overlaps"}.
"""

import fcntl
import json
import os
import random
import signal
import sys
import time
import uuid
from datetime import datetime, timezone

TYPES = ["bug", "feature", "task", "epic", "chore", "decision", "message", "molecule", "gate", "spike", "story", "milestone"]
ALIASES = {"enhancement": "feature", "feat": "feature", "dec": "decision", "adr": "decision", "user-story": "story"}
BLOCKING = ["blocks", "parent-child", "conditional-blocks", "waits-for"]
UNREADY = ["gate", "molecule", "message", "merge-request", "agent", "role", "rig"]
FAILURE_WORDS = ["failed", "rejected", "wontfix", "won't fix", "canceled", "cancelled", "abandoned", "blocked", "error",
                 "timeout", "aborted"]


class Failure(Exception):
    """Ends the call with 1. `channel` is where it is told: a (stdout JSON), b (stderr JSON), c (stderr text)."""

    def __init__(self, text, channel="c", also=None, hint=None):
        super().__init__(text)
        self.text, self.channel, self.also, self.hint = text, channel, also, hint


def now(fraction=False):
    moment = datetime.now(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (".%06d789" % moment.microsecond if fraction else "") + "Z"


def find_workspace():
    """BEADS_DIR, or the first .beads upwards from here."""
    named = os.environ.get("BEADS_DIR")
    if named:
        return named if os.path.isdir(named) else None
    here = os.getcwd()
    while True:
        if os.path.isdir(os.path.join(here, ".beads")):
            return os.path.join(here, ".beads")
        if here == "/":
            return None
        here = os.path.dirname(here)


class Flags:
    """Arguments as cobra reads them: `--name value`, `--name=value`, `-n value`, in any order, repeatable."""

    def __init__(self, arguments, values=(), switches=(), short=None):
        short = short or {}
        self.values, self.words, index = {}, [], 0
        while index < len(arguments):
            word = arguments[index]
            index += 1
            if word == "--":
                self.words += arguments[index:]
                break
            if not word.startswith("-") or word == "-":
                self.words.append(word)
                continue
            name, equals, value = word.partition("=")
            full = short.get(name, name)
            if full in switches:
                self.values.setdefault(full, []).append("true")
            elif full in values:
                if not equals:
                    if index >= len(arguments):
                        raise Failure(f"Error: flag needs an argument: {word}")
                    value = arguments[index]
                    index += 1
                self.values.setdefault(full, []).append(value)
            else:
                kind = "unknown flag: " if word.startswith("--") else "unknown shorthand flag: "
                raise Failure(f"Error: {kind}{name}\nUsage:\n  bd [command] [flags]")

    def one(self, name, default=None):
        return self.values[name][-1] if name in self.values else default

    def has(self, name):
        return name in self.values

    def labels(self, *names):
        return [label for name in names for text in self.values.get(name, []) for label in text.split(",") if label]


class Beads:
    def __init__(self, directory):
        self.directory = directory
        self.settings = self.read("double-settings.json", {})
        self.version = tuple(int(part) for part in self.settings.get("version", "1.0.5").split("."))
        self.store = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def read(self, name, default):
        try:
            with open(self.path(name)) as file:
                return json.load(file)
        except FileNotFoundError:
            return default

    def load(self):
        self.store = self.read("double.json", {"prefix": "bd", "issues": {}, "config": {}, "last": None, "hooks": 0})

    def save(self):
        temporary = self.path(f"double.json.{os.getpid()}")
        with open(temporary, "w") as file:
            json.dump(self.store, file)
        os.replace(temporary, self.path("double.json"))
        with open(self.path("last-touched"), "w") as file:
            file.write(self.store["last"] or "")

    @property
    def issues(self):
        return self.store["issues"]

    # Faults

    def fault(self, command):
        """The mode of this call, and counts it."""
        for fault in self.settings.get("faults", []):
            if fault["command"] != command or fault.get("times", 1) <= 0:
                continue
            due = fault.get("after", 0) <= 0
            key = "times" if due else "after"
            fault[key] = fault.get(key, 1) - 1
            with open(self.path("double-settings.json"), "w") as file:
                json.dump(self.settings, file)
            return fault["mode"] if due else None
        return None

    # Issues

    def get(self, name):
        """By its whole id, or by a part of exactly one, which is the trap."""
        if name in self.issues:
            return self.issues[name]
        found = [issue for id, issue in self.issues.items() if name in id]
        if len(found) == 1:
            return found[0]
        raise Failure(f'no issue found matching "{name}"')

    def ids(self, words):
        """Without any id it is the one that was touched last."""
        if words:
            return words
        if self.store["last"]:
            return [self.store["last"]]
        raise Failure("Error: no issue ID provided")

    def touch(self, issue):
        issue["updated_at"] = now()
        self.store["last"] = issue["id"]

    def blockers(self, issue):
        blockers = []
        for edge in issue.get("dependencies", []):
            other = self.issues.get(edge["depends_on_id"])
            if other is None or edge["type"] not in BLOCKING:
                continue
            if edge["type"] == "parent-child":
                blockers += self.blockers(other)
            elif other["status"] != "closed":
                blockers.append(other["id"])
            elif edge["type"] == "conditional-blocks":
                reason = other.get("close_reason", "").lower()
                if any(word in reason for word in FAILURE_WORDS):
                    blockers.append(other["id"])
        return blockers

    def children(self, issue):
        return [
            other["id"] for other in self.issues.values() for edge in other.get("dependencies", [])
            if edge["type"] == "parent-child" and edge["depends_on_id"] == issue["id"] and other["status"] != "closed"
        ]

    def bare(self, issue):
        """As `update` and `close` print it: what is empty is left out."""
        shown = {key: value for key, value in issue.items() if key not in ("comments", "dependencies", "claimed_at")}
        if "labels" in shown:
            shown["labels"] = sorted(shown["labels"])
        shown["compaction_level"] = 0
        return {key: value for key, value in shown.items() if value not in ("", [], {}, None)}

    def listed(self, issue):
        shown = self.bare(issue)
        if issue.get("dependencies"):
            shown["dependencies"] = issue["dependencies"]
        shown["dependency_count"] = len(issue.get("dependencies", []))
        shown["dependent_count"] = 0
        shown["comment_count"] = len(issue.get("comments", []))
        return shown

    def detailed(self, issue, comments):
        shown = self.listed(issue)
        shown.pop("dependencies", None)
        full = []
        for edge in issue.get("dependencies", []):
            if edge["depends_on_id"] in self.issues:
                full.append({**self.bare(self.issues[edge["depends_on_id"]]), "dependency_type": edge["type"]})
        if full:
            shown["dependencies"] = full
        if comments and issue.get("comments"):
            shown["comments"] = issue["comments"]
        return shown

    # Commands

    def version_(self, arguments, actor):
        return {"version": ".".join(map(str, self.version)), "build": "double"}

    def where(self, arguments, actor):
        return {"path": self.directory, "prefix": self.store["prefix"]}

    def create(self, arguments, actor):
        values = ["--title", "--type", "--priority", "--labels", "--label", "--description", "--assignee", "--deps", "--parent",
                  "--metadata", "--id", "--design", "--acceptance", "--notes", "--repo", "--external-ref"]
        if self.version < (0, 22, 0):
            values.remove("--label")
        flags = Flags(arguments, values, ["--silent", "--force", "--dry-run"],
                      {"-t": "--type", "-p": "--priority", "-l": "--labels", "-d": "--description", "-a": "--assignee"})
        title = flags.one("--title") or (flags.words[0] if flags.words else None)
        if not title:
            raise Failure("title required (or use --file to create from markdown)", "b")
        if flags.words and flags.has("--title") and flags.words[0] != flags.one("--title"):
            raise Failure("cannot specify different titles as both positional argument and --title flag", "b")
        kind = flags.one("--type", "task")
        kind = ALIASES.get(kind, kind)
        custom = self.store["config"].get("types.custom", "").split(",")
        if kind not in TYPES and kind not in custom:
            raise Failure(f"invalid issue type: {kind}", "b")
        priority = flags.one("--priority", "2").upper().removeprefix("P")
        if priority not in "01234" or not priority:
            raise Failure(f"invalid priority \"{flags.one('--priority')}\" (expected 0-4 or P0-P4)", "b")
        id = flags.one("--id")
        while id is None or id in self.issues:
            digits = random.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=4)
            id = f"{self.store['prefix']}-{''.join(digits)}"
        if flags.has("--parent"):
            parent = self.get(flags.one("--parent"))["id"]
            number = 1
            while f"{parent}.{number}" in self.issues:
                number += 1
            id = f"{parent}.{number}"
        issue = {
            "id": id, "title": title, "description": flags.one("--description", ""), "status": "open",
            "priority": int(priority), "issue_type": kind, "labels": flags.labels("--labels", "--label"),
            "assignee": flags.one("--assignee", ""), "created_by": actor, "created_at": now(), "updated_at": now(),
            "design": flags.one("--design", ""), "acceptance_criteria": flags.one("--acceptance", ""),
            "metadata": json.loads(flags.one("--metadata", "{}")), "dependencies": [], "comments": [],
        }
        if flags.has("--parent"):
            self.edge(issue, self.get(flags.one("--parent"))["id"], "parent-child", actor)
        for text in flags.values.get("--deps", []):
            for item in text.split(","):
                kind, _, other = item.rpartition(":")
                if kind == "blocks":
                    self.edge(self.get(other), id, "blocks", actor)
                else:
                    kind = "blocks" if kind in ("", "blocked-by", "depends-on") else kind
                    self.edge(issue, self.get(other)["id"], kind, actor)
        self.issues[id] = issue
        self.store["last"] = id
        shown = {**self.bare(issue), "created_at": now(True), "updated_at": now(True)}
        if issue["labels"]:
            shown["labels"] = issue["labels"]
        return shown

    def edge(self, issue, other, kind, actor):
        edge = {"issue_id": issue["id"], "depends_on_id": other, "type": kind, "created_at": now(), "created_by": actor}
        issue.setdefault("dependencies", []).append(edge)

    def filtered(self, flags):
        wanted, some = flags.labels("--label", "--labels"), flags.labels("--label-any")
        for issue in self.issues.values():
            if any(label not in issue["labels"] for label in wanted):
                continue
            if some and not any(label in issue["labels"] for label in some):
                continue
            if flags.has("--assignee") and issue.get("assignee", "") != flags.one("--assignee"):
                continue
            yield issue

    def limited(self, issues, flags, default):
        limit = int(flags.one("--limit", str(default)))
        if limit and len(issues) > limit:
            print(f"Showing {limit} of {len(issues)} issues. Use --limit 0 for all.", file=sys.stderr)
            return issues[:limit]
        return issues

    def ready(self, arguments, actor):
        flags = Flags(arguments, ["--limit", "--label", "--label-any", "--assignee", "--sort", "--type", "--priority"],
                      ["--unassigned"], {"-n": "--limit", "-l": "--label", "-u": "--unassigned", "-s": "--sort"})
        states = ["open", "in_progress"] if self.version < (0, 48, 0) else ["open"]
        found = [
            issue for issue in self.filtered(flags)
            if issue["status"] in states and issue["issue_type"] not in UNREADY and not self.blockers(issue)
            and not (flags.has("--unassigned") and issue.get("assignee"))
        ]
        if flags.one("--sort") == "oldest":
            found.sort(key=lambda issue: issue["created_at"])
        else:
            found.sort(key=lambda issue: issue["created_at"], reverse=True)
            found.sort(key=lambda issue: issue["priority"])
        default = 10 if self.version < (1, 0, 4) else 100
        return [self.listed(issue) for issue in self.limited(found, flags, default)]

    def list(self, arguments, actor):
        flags = Flags(arguments, ["--status", "--assignee", "--limit", "--label", "--label-any"], ["--all"],
                      {"-n": "--limit", "-s": "--status", "-a": "--assignee"})
        states = flags.one("--status").split(",") if flags.has("--status") else None
        found = [
            issue for issue in self.filtered(flags)
            if (issue["status"] in states if states else flags.has("--all") or issue["status"] != "closed")
        ]
        return [self.listed(issue) for issue in self.limited(found, flags, 50)]

    def blocked(self, arguments, actor):
        Flags(arguments)
        shown = []
        for issue in self.issues.values():
            blockers = self.blockers(issue)
            if issue["status"] == "open" and blockers:
                shown.append({**self.listed(issue), "blocked_by": blockers, "blocked_by_count": len(blockers)})
        return shown

    def show(self, arguments, actor):
        switches = ["--include-comments", "--include-dependents"] if self.version >= (1, 0, 5) else []
        flags = Flags(arguments, [], switches)
        comments = self.version < (1, 0, 5) or flags.has("--include-comments")
        found = []
        for name in self.ids(flags.words):
            try:
                found.append(self.detailed(self.get(name), comments))
            except Failure as failure:
                print(f"Error fetching {name}: {failure.text}", file=sys.stderr)
        if not found:
            raise Failure("no issues found matching the provided IDs", "a")
        return found

    def update(self, arguments, actor):
        flags = Flags(arguments, ["--status", "--assignee", "--add-label", "--remove-label", "--priority", "--title", "--type",
                                  "--description", "--set-metadata", "--metadata"], ["--claim"],
                      {"-s": "--status", "-a": "--assignee", "-p": "--priority", "-t": "--type", "-d": "--description"})
        if not flags.values:
            print("No updates specified")
            raise SystemExit(0)
        changed, failed = [], []
        for name in self.ids(flags.words):
            try:
                issue = self.get(name)
            except Failure as failure:
                print(f"Error resolving {name}: {failure.text}", file=sys.stderr)
                failed.append(name)
                continue
            if flags.has("--claim"):
                try:
                    self.claim(issue, actor)
                except Failure as failure:
                    word = "updating" if self.version >= (1, 1, 0) else "claiming"
                    print(f"Error {word} {issue['id']}: {failure.text}", file=sys.stderr)
                    failed.append((issue["id"], failure.text))
                    continue
            self.apply(issue, flags)
            changed.append(self.bare(issue))
        if failed and self.version >= (1, 1, 0):
            last = {"error": f"{len(failed)} of {len(flags.words)} issues failed to update",
                    "failed": [{"id": item[0], "error": item[1]} for item in failed if isinstance(item, tuple)],
                    "schema_version": 1}
            print(json.dumps(last), file=sys.stderr)
            raise SystemExit(1)
        if failed and not changed:
            raise SystemExit(1)
        return changed

    def claim(self, issue, actor):
        recent = time.time() - issue.get("claimed_at", 0) < self.settings.get("doubleClaim", 0)
        owner = issue.get("assignee") or None
        if not recent:
            if owner not in (None, actor):
                raise Failure(f"issue already claimed by {owner}")
            if self.version >= (1, 0, 4):
                if issue["status"] not in ("open", "in_progress") or issue["status"] == "in_progress" and owner != actor:
                    raise Failure(f"issue not claimable: status {issue['status']}")
            elif self.version >= (0, 49, 4) and owner == actor:
                # Succeeds and changes nothing.
                return
        issue.update(assignee=actor, status="in_progress", started_at=now(), claimed_at=time.time())
        if self.version < (1, 0, 4):
            issue.pop("closed_at", None)
        self.touch(issue)

    def apply(self, issue, flags):
        if flags.has("--status"):
            if issue["status"] == "closed" and flags.one("--status") != "closed":
                issue.pop("closed_at", None)
                issue.pop("close_reason", None)
            issue["status"] = flags.one("--status")
        for flag, key in [("--assignee", "assignee"), ("--title", "title"), ("--description", "description"),
                          ("--type", "issue_type")]:
            if flags.has(flag):
                issue[key] = flags.one(flag)
        if flags.has("--priority"):
            issue["priority"] = int(flags.one("--priority").upper().removeprefix("P"))
        for label in flags.labels("--add-label"):
            if label not in issue["labels"]:
                issue["labels"].append(label)
        for label in flags.labels("--remove-label"):
            if label in issue["labels"]:
                issue["labels"].remove(label)
        for pair in flags.values.get("--set-metadata", []):
            key, _, value = pair.partition("=")
            issue.setdefault("metadata", {})[key] = value
        self.touch(issue)

    def close(self, arguments, actor):
        flags = Flags(arguments, ["--reason"], ["--force"], {"-r": "--reason"})
        closed = []
        for name in self.ids(flags.words):
            try:
                issue = self.get(name)
            except Failure as failure:
                raise Failure(f"resolving ID {name}: {failure.text}", "a")
            blockers, children = self.blockers(issue), self.children(issue) if issue["issue_type"] == "epic" else []
            if (blockers or children) and not flags.has("--force"):
                what = f"blocked by open issues {blockers}" if blockers else f"epic with open children {children}"
                print(f"cannot close {issue['id']}: {what} (use --force to override)".replace("'", ""), file=sys.stderr)
                continue
            issue.update(status="closed", closed_at=now(), close_reason=flags.one("--reason", "Closed"))
            self.touch(issue)
            closed.append(self.bare(issue))
        if not closed:
            raise SystemExit(1)
        return closed

    def reopen(self, arguments, actor):
        flags = Flags(arguments, ["--reason"], [], {"-r": "--reason"})
        issue = self.get(self.ids(flags.words)[0])
        issue["status"] = "open"
        issue.pop("closed_at", None)
        issue.pop("close_reason", None)
        self.touch(issue)
        return [self.bare(issue)]

    def comments(self, arguments, actor):
        if arguments[:1] == ["add"]:
            flags = Flags(arguments[1:], ["--file", "--author"], [], {"-f": "--file", "-a": "--author"})
            issue = self.get(flags.words[0] if flags.words else "")
            if flags.has("--file"):
                with open(flags.one("--file")) as file:
                    text = file.read()
            else:
                text = " ".join(flags.words[1:])
            number = str(uuid.uuid4()) if self.version >= (1, 0, 0) else len(issue["comments"]) + 1
            comment = {"id": number, "issue_id": issue["id"], "author": flags.one("--author", actor), "text": text,
                       "created_at": now()}
            issue["comments"].append(comment)
            self.store["last"] = issue["id"]
            return comment
        issue = self.get(Flags(arguments).words[0])
        return issue["comments"]

    def dep(self, arguments, actor):
        flags = Flags(arguments[1:], ["--type"], [], {"-t": "--type"})
        issue, other = self.get(flags.words[0]), self.get(flags.words[1])
        self.edge(issue, other["id"], flags.one("--type", "blocks"), actor)
        return {"status": "added", "issue_id": issue["id"], "depends_on_id": other["id"], "type": flags.one("--type", "blocks")}

    def config(self, arguments, actor):
        self.store["config"][arguments[1]] = arguments[2]
        return {"key": arguments[1], "value": arguments[2]}

    def heartbeat(self, arguments, actor):
        if self.version < (1, 1, 0):
            raise Failure('Error: unknown command "heartbeat" for "bd"')
        if "--help" in arguments:
            return {"usage": "bd heartbeat ID"}
        return self.bare(self.get(arguments[0]))


READING = ["version", "where", "ready", "list", "blocked", "show"]


def actor_of(beads, named):
    """--actor, the workspace's configuration, BEADS_ACTOR, BD_ACTOR, $USER, in this order."""
    return (named or beads.store["config"].get("actor") or os.environ.get("BEADS_ACTOR") or os.environ.get("BD_ACTOR")
            or os.environ.get("USER") or "unknown")


def initialise(arguments):
    flags = Flags(arguments, ["--prefix", "--role"], ["--quiet", "--non-interactive", "--skip-hooks", "--skip-agents", "--stealth"],
                  {"-p": "--prefix", "-q": "--quiet"})
    directory = os.environ.get("BEADS_DIR") or os.path.join(os.getcwd(), ".beads")
    os.makedirs(directory, exist_ok=True)
    beads = Beads(directory)
    beads.load()
    beads.store["prefix"] = flags.one("--prefix", os.path.basename(os.path.dirname(directory)))
    beads.save()


def wait_for_end():
    while True:
        signal.pause()


def main():
    arguments, actor, wants_json = [], None, False
    rest = sys.argv[1:]
    while rest:
        word = rest.pop(0)
        if word == "--json":
            wants_json = True
        elif word == "--actor":
            actor = rest.pop(0)
        elif word.startswith("--actor="):
            actor = word.partition("=")[2]
        elif word in ("--no-daemon", "--no-db"):
            print(f"Error: unknown flag: {word}", file=sys.stderr)
            return 1
        else:
            arguments.append(word)
    command, arguments = (arguments or ["help"])[0], arguments[1:]
    if command == "init":
        initialise(arguments)
        return 0
    directory = find_workspace()
    if directory is None:
        print("Error: no beads database found\nHint: run 'bd init' to create a database in the current directory",
              file=sys.stderr)
        return 1
    beads = Beads(directory)
    return serve(beads, command, arguments, actor, wants_json)


def serve(beads, command, arguments, actor, wants_json):
    started = time.time()
    # Ours alone: who else runs is seen, and not waited for.
    running = beads.path(f"double-running-{os.getpid()}")
    open(running, "w").close()
    try:
        others = [name for name in os.listdir(beads.directory) if name.startswith("double-running-")]
        overlaps = [name for name in others if name != os.path.basename(running) and alive(name)]
        with open(beads.path("double-calls.jsonl"), "a") as log:
            log.write(json.dumps({"argv": [command] + arguments, "actor": actor, "pid": os.getpid(), "at": started,
                                  "overlaps": len(overlaps)}) + "\n")
        return perform(beads, command, arguments, actor, wants_json)
    finally:
        os.unlink(running)


def alive(name):
    try:
        os.kill(int(name.rpartition("-")[2]), 0)
        return True
    except ProcessLookupError:
        return False


def perform(beads, command, arguments, actor, wants_json):
    envelope = beads.settings.get("envelope") or os.environ.get("BD_JSON_ENVELOPE") == "1"

    def wrapped(value):
        if envelope:
            return {"schema_version": 1, "data": value}
        if isinstance(value, dict) and beads.version >= (1, 0, 3):
            return dict(sorted({**value, "schema_version": 1}.items()))
        return value

    with open(beads.path("double.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        beads.settings = beads.read("double-settings.json", {})
        mode = beads.fault(" ".join([command] + arguments[:1]) if command == "comments" else
                           "claim" if "--claim" in arguments else command)
        if mode == "lock":
            print(f"Error: another process holds the exclusive lock on {beads.directory}/embeddeddolt", file=sys.stderr)
            return 1
        if mode == "hang":
            fcntl.flock(lock, fcntl.LOCK_UN)
            wait_for_end()
        if mode == "error":
            print("Error: it broke", file=sys.stderr)
            return 1
        if mode == "nothing":
            print("No updates specified")
            return 0
        time.sleep(beads.settings.get("delay", 0))
        beads.load()
        if mode == "empty":
            print("Notice: auto-importing 3 issues from issues.jsonl into empty database", file=sys.stderr)
            beads.store["issues"] = {}
        if beads.settings.get("noise"):
            print("Warning: auto-export skipped", file=sys.stderr)
            print("note: bd is talkative today")
        call = getattr(beads, {"version": "version_"}.get(command, command), None)
        if call is None or command in ("load", "save", "read", "path", "get", "fault"):
            print(f'Error: unknown command "{command}" for "bd"', file=sys.stderr)
            return 1
        if "--help" in arguments and command != "heartbeat":
            print(f"Usage:\n  bd {command} [flags]")
            return 0
        try:
            answer = call(arguments, actor_of(beads, actor))
        except Failure as failure:
            told = {"error": failure.text, **({"hint": failure.hint} if failure.hint else {})}
            if failure.channel == "a":
                print(json.dumps(wrapped(told), indent=2))
            elif failure.channel == "b":
                print(json.dumps(wrapped(told), indent=2), file=sys.stderr)
            else:
                print(failure.text, file=sys.stderr)
            return 1
        finally:
            if command not in READING and beads.store is not None:
                beads.save()
        if mode == "kill-after":
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == "hang-after":
            fcntl.flock(lock, fcntl.LOCK_UN)
            wait_for_end()
    if command == "version" and not wants_json:
        print(f"bd version {answer['version']} (double)")
    elif wants_json:
        print(json.dumps(wrapped(answer), indent=2, ensure_ascii=False))
    elif isinstance(answer, dict) and "id" in answer:
        print(f"✓ Created issue: {answer['id']}" if command == "create" else answer["id"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
