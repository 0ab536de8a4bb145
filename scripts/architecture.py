"""The arrows between modules, as a table, and the check that manifest and sources keep to it.

Reads `swift package describe --type json` on standard input; the argument is the package's directory. Prints one line
for each thing that is not allowed and fails if there is any. docs/architecture.md says why each module is what it is;
whoever adds an arrow adds it in three places: Package.swift, here, and there.
"""

import json
import pathlib
import re
import sys

# module: (modules it may depend on, products of packages it may depend on)
ARROWS = {
    "ygg": ({"NoICUData", "YggCommands"}, set()),
    "YggCommands": (
        {
            "YggAgent", "YggClient", "YggConfiguration", "YggCoordinator", "YggCore", "YggExecutor", "YggProcess",
            "YggProtocol",
            "YggHTTP", "YggServer", "YggSimulation", "YggStorage", "YggTelemetry", "YggTorture", "YggTracker",
        },
        {"ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals"},
    ),
    "YggSimulation": ({"YggCoordinator", "YggCore", "YggExecutor", "YggProtocol", "YggStorage"}, {"Logging"}),
    "YggServer": (
        {"YggCoordinator", "YggCore", "YggHTTP", "YggProtocol", "YggStorage", "YggTelemetry"},
        {"HTTPTypes", "Hummingbird", "Logging", "NIOCore", "ServiceLifecycle"},
    ),
    "YggHTTP": (
        {"YggCore", "YggProtocol"},
        {"HTTPTypes", "Hummingbird", "Logging", "NIOCore", "ServiceLifecycle"},
    ),
    "YggCoordinator": (
        {"YggCore", "YggProtocol", "YggStorage", "YggTracker"},
        {"Crypto", "Logging", "ServiceLifecycle"},
    ),
    "YggTracker": ({"YggCore", "YggProcess", "YggProtocol"}, set()),
    "YggExecutor": (
        {"YggAgent", "YggClient", "YggCore", "YggHTTP", "YggProcess", "YggProtocol", "YggTelemetry"},
        {"Crypto", "HTTPTypes", "Hummingbird", "Logging", "NIOCore", "ServiceLifecycle", "SystemPackage"},
    ),
    "YggAgent": (
        {"YggClient", "YggCore", "YggProcess"},
        {"Crypto", "Logging", "NIOCore", "NIOHTTP1", "SystemPackage"},
    ),
    "YggStorage": ({"YggCore"}, {"GRDB", "GRDBSQLite", "Logging"}),
    "YggClient": ({"YggCore", "YggProtocol"}, {"AsyncHTTPClient", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix"}),
    "YggConfiguration": ({"YggCore"}, {"Yams"}),
    "YggProcess": ({"CYggProcess"}, {"SystemPackage"}),
    "CYggProcess": (set(), set()),
    "NoICUData": (set(), set()),
    "YggTelemetry": ({"YggCore"}, {"Logging"}),
    "YggProtocol": ({"YggCore"}, set()),
    "YggTorture": ({"YggCore"}, set()),
    "YggCore": (set(), set()),
}

# A module named here imports these and nothing else, not even from the system.
ONLY_IMPORTS = {"YggCore": {"FoundationEssentials"}}

# A library that can be replaced in one place: the folders of Sources/ that may import it. Hummingbird stands for all of
# its modules (HummingbirdCore, HummingbirdRouter, …), and so do the others.
OWNERS = {
    "ArgumentParser": ["YggCommands"],
    "AsyncHTTPClient": ["YggClient"],
    "GRDB": ["YggStorage"],
    "Hummingbird": ["YggServer", "YggHTTP", "YggExecutor/HTTP"],
    "Yams": ["YggConfiguration"],
}

# Where SQL is written, and what it looks like: keywords in capitals, as SQL is written here.
SQL_FOLDER = "YggStorage"
SQL = re.compile(
    r"\bSELECT\s+[\w*(]|\bINSERT\s+(?:OR\s+\w+\s+)?INTO\b|\bUPDATE\s+\S+\s+SET\b|\bDELETE\s+FROM\b"
    r"|\b(?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|TRIGGER|VIEW)\b|\bPRAGMA\s+\w"
)

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|actor|func|typealias|let|var)\s+)?(\w+)"
)


def lines_of_code(text):
    """Yields (line number, line without its comment, whether it stands inside a multi-line string)."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            # A // counts as a comment where the quotes before it are balanced; that keeps URLs in strings.
            for match in re.finditer("//", line):
                if line.count('"', 0, match.start()) % 2 == 0:
                    line = line[: match.start()]
                    break
        yield number, line, inside
        if line.count('"""') % 2 == 1:
            inside = not inside


def check_manifest(targets):
    """Yields what the manifest says that the table does not allow, and where the table is out of date."""
    modules = {target["name"]: target for target in targets if target["type"] in ("library", "executable")}
    for name, target in sorted(modules.items()):
        if name not in ARROWS:
            yield f"Package.swift: {name} is not in the table of scripts/architecture.py"
            continue
        allowed_modules, allowed_products = ARROWS[name]
        for other in sorted(set(target.get("target_dependencies", [])) - allowed_modules):
            yield f"Package.swift: {name} must not depend on {other}"
        for product in sorted(set(target.get("product_dependencies", [])) - allowed_products):
            yield f"Package.swift: {name} must not depend on the product {product}"
    for name in sorted(set(ARROWS) - set(modules)):
        yield f"scripts/architecture.py: {name} is in the table but not in the package"


def check_import(module, file, imported):
    """Says why this file must not import this module, or nothing. `file` is relative to Sources/."""
    if module in ONLY_IMPORTS and imported not in ONLY_IMPORTS[module]:
        return f"{module} imports nothing but {', '.join(sorted(ONLY_IMPORTS[module]))}, so not {imported}"
    for library, folders in OWNERS.items():
        if imported.startswith(library) and not any(file.startswith(folder + "/") for folder in folders):
            return f"{imported} may be imported in {', '.join(folders)} only"
    # The compiler lets a module import what it only reaches through others; the table does not.
    allowed_modules, allowed_products = ARROWS.get(module, (set(), set()))
    if imported in ARROWS and imported not in allowed_modules:
        return f"{module} must not import {imported}"
    if imported in ALL_PRODUCTS and imported not in allowed_products:
        return f"{module} must not import {imported}: it is not among its products"
    return None


ALL_PRODUCTS = set().union(*(products for _, products in ARROWS.values()))


def check_sources(package):
    """Yields every import and every piece of SQL that stands where it must not."""
    root = package / "Sources"
    for path in sorted(root.rglob("*.swift")):
        file = path.relative_to(root).as_posix()
        module = file.split("/")[0]
        code = []
        for number, line, inside_string in lines_of_code(path.read_text(encoding="utf-8")):
            code.append(line)
            match = None if inside_string else IMPORT.match(line)
            reason = check_import(module, file, match[1]) if match else None
            if reason:
                yield f"Sources/{file}:{number}: {reason}"
        if module != SQL_FOLDER:
            text = "\n".join(code)
            for match in SQL.finditer(text):
                number = text.count("\n", 0, match.start()) + 1
                yield f"Sources/{file}:{number}: SQL stands in {SQL_FOLDER} only: {' '.join(match[0].split())}…"


def main():
    package = pathlib.Path(sys.argv[1])
    targets = json.load(sys.stdin)["targets"]
    problems = [*check_manifest(targets), *check_sources(package)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"{len(problems)} against the architecture; docs/architecture.md says why", file=sys.stderr)
        sys.exit(1)
    print(f"{len(ARROWS)} modules keep to their arrows")


if __name__ == "__main__":
    main()
