#!/usr/bin/env python3
"""Holds the double of `bd` against a client that somebody else wrote: the `beads-mcp` package, which runs `bd` itself.

usage: check_bd_double.py DOUBLE
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile

# The package looks for a bd when it is loaded.
os.environ["BEADS_PATH"] = os.path.abspath(sys.argv[1])

from beads_mcp.bd_client import BdCliClient, BdCommandError
from beads_mcp.models import (AddDependencyParams, ClaimIssueParams, CloseIssueParams, CreateIssueParams, ListIssuesParams,
                              ReadyWorkParams, ReopenIssueParams, ShowIssueParams, UpdateIssueParams)

DOUBLE = os.path.abspath(sys.argv[1])


class Workspace:
    def __init__(self, version):
        self.directory = tempfile.TemporaryDirectory()
        path = self.directory.name
        subprocess.run([DOUBLE, "init", "-p", "hh", "--quiet"], cwd=path, check=True)
        with open(os.path.join(path, ".beads", "double-settings.json"), "w") as file:
            json.dump({"version": version}, file)

    def client(self, actor):
        return BdCliClient(bd_path=DOUBLE, beads_dir=os.path.join(self.directory.name, ".beads"), actor=actor,
                           no_auto_flush=False, no_auto_import=False, working_dir=self.directory.name)


async def refused(call):
    try:
        await call
    except BdCommandError as error:
        return error.stderr
    raise AssertionError("it was not refused")


async def way_of_an_issue(version):
    space = Workspace(version)
    alice, bob = space.client("alice"), space.client("bob")
    await alice._check_version()
    made = await alice.create(CreateIssueParams(title="Code Agent: Refactor a.py", labels=["code-generation", "llm"], priority=1))
    assert made.id.startswith("hh-") and made.status == "open" and made.labels == ["code-generation", "llm"], made
    after = await alice.create(CreateIssueParams(title="Afterwards", deps=[made.id]))
    assert [issue.id for issue in await alice.ready(ReadyWorkParams(limit=50))] == [made.id]
    assert [issue.id for issue in await alice.blocked()] == [after.id]
    assert "blocked by open issues" in await refused(alice.close(CloseIssueParams(issue_id=after.id, reason="x")))

    claimed = await alice.claim(ClaimIssueParams(issue_id=made.id))
    assert claimed.status == "in_progress" and claimed.assignee == "alice", claimed
    assert "already claimed by alice" in await refused(bob.claim(ClaimIssueParams(issue_id=made.id)))
    held = await alice.list_issues(ListIssuesParams(status="in_progress", assignee="alice"))
    assert [issue.id for issue in held] == [made.id], held
    updated = await alice.update(UpdateIssueParams(issue_id=made.id, priority=0))
    assert updated.priority == 0, updated

    closed = await alice.close(CloseIssueParams(issue_id=made.id, reason="Done"))
    assert closed[0].status == "closed", closed
    shown = await bob.show(ShowIssueParams(issue_id=after.id))
    assert [issue.id for issue in shown.dependencies] == [made.id], shown
    assert [issue.id for issue in await bob.ready()] == [after.id]
    opened = await bob.reopen(ReopenIssueParams(issue_ids=[made.id]))
    assert opened[0].status == "open", opened
    third = await bob.create(CreateIssueParams(title="Third"))
    await bob.add_dependency(AddDependencyParams(issue_id=third.id, depends_on_id=made.id))
    assert third.id in [issue.id for issue in await bob.blocked()]
    await refused(bob.show(ShowIssueParams(issue_id="hh-none")))


def main():
    versions = ["0.49.4", "1.0.5", "1.3.0"]
    for version in versions:
        asyncio.run(way_of_an_issue(version))
    print(f"{len(versions)} versions passed")


if __name__ == "__main__":
    main()
