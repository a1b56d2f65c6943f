"""Which refusals people can meet on pages: a static walk from the doors to every `raise` behind them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "quality_creator"

DOORS = (
    "desk",
    "desk_page",
    "desks",
    "engineers",
    "entrance",
    "forms",
    "forum",
    "institutions",
    "isos",
    "joint_lines",
    "lines",
    "outs",
    "people",
    "planning",
    "security",
    "sessions",
    "studio",
)
"""The modules of `web` behind which people press something."""

KINDS = {"BadInput", "NotFound", "Forbidden", "Conflict", "Unavailable", "Words"}
"""What people read. `BadPayload` speaks of a machine's bytes, and to whoever sent them."""

ELSEWHERE = {"cli", "config", "demo", "media", "factory", "node", "trust"}
"""Rooms that speak to operators, machines and authorities' programs."""

SPOKEN = {"media.logo", "media.restream"}
"""Modules of those rooms whose words come back to the page that asked."""

UNMET = {
    "actions.books": "at start, about the configuration",
    "actions.evidence_source": "read by `qc verify` and monitors; pages never name a source of evidence",
    "actions.fetching": "read by `qc verify` and monitors, as evidence_source",
    "actions.ingest": "told to machines that post readings, and to configuration",
    "actions.ledger": "about the log's own state, to its operator",
    "actions.log_writer": "about the log's own files, to its operator",
    "actions.readings": "told to machines",
    "actions.replay": "told to players, which make nothing of words",
    "actions.shelf": "told to players",
    "actions.signers": "an authority's desk on the command line",
    "actions.signing": "at start, to the operator",
    "actions.stream": "told to players",
    "actions.timestamps": "about the log's own state, to its operator",
    "quality.arl": "its choices are made of a configuration that was checked at start",
    "quality.arl_rules": "as arl",
    "quality.attributes": "counts come from machines and are refused when they are taken in",
    "quality.chart": "charts are configured, and checked at start",
    "quality.constants": "subgroup sizes are configured, and checked at start",
    "quality.control": "values come from machines and are refused when they are taken in",
    "quality.distribution": "values come from machines and are refused when they are taken in",
    "quality.index": "values come from machines and are refused when they are taken in",
    "quality.life_likelihood": "life tests are judged on the command line",
    "quality.multivariate": "charts are configured, and checked at start",
    "quality.operating": "plans are made on the command line; the desk's come from the standard's tables",
    "quality.variables": "charts are configured, and checked at start",
    "quality.weighted": "charts are configured, and checked at start",
    "store.keys": "about keys on the disk, to the operator",
    "store.ledger": "about the log's own state, to its operator",
    "store.objects": "about the disk, to the operator",
    "store.recording": "about the disk, to the operator",
    "store.token": "about keys in tokens, to the operator",
}
"""Modules that names lead to and pages do not, each with its reason."""

PUT_TOGETHER = {
    "media/restream.py": "the system's own words about a connection",
    "model/decoding.py": "takes its template from the table above it, whose messages are found",
    "model/errors.py": "where templates are kept",
    "web/security.py": "names of roles, which are messages already",
}
"""Where words are not a literal, and why a catalogue has them all the same."""

Key = tuple[str, str]
"""A module and a function in it; a method by its bare name, the module's own statements by ''."""


@dataclass
class Module:
    """What a walk needs of one module."""

    name: str
    path: Path
    functions: dict[str, list[ast.AST]] = field(default_factory=dict)
    imported: dict[str, Key] = field(default_factory=dict)
    """By the name here: the module, and the name there ('' for the module itself)."""


@dataclass(frozen=True)
class Refusal:
    """One `raise` of ours."""

    where: str
    template: str | None
    """None: its words are put together before, so that no catalogue can have them."""


def reachable() -> list[Refusal]:
    """Every refusal that the doors can lead to, as far as names tell."""
    modules = {module.name: module for module in _modules()}
    todo = [(f"web.{door}", name) for door in DOORS for name in (*modules[f"web.{door}"].functions, "")]
    seen: set[Key] = set(todo)
    found: set[Refusal] = set()
    methods = _methods(modules)
    while todo:
        module, name = todo.pop()
        for node in modules[module].functions.get(name, ()):
            if module not in UNMET:
                found.update(_raised(modules[module], node))
            for following in _called(node, modules[module], modules, methods):
                for one in (following, (following[0], "")):
                    if one not in seen and _spoken(one[0]):
                        seen.add(one)
                        todo.append(one)
    return sorted(found, key=lambda one: (one.where, one.template or ""))


def _spoken(module: str) -> bool:
    return module in SPOKEN or module.partition(".")[0] not in ELSEWHERE


def _modules() -> Iterator[Module]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = Module(name, path)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                module.functions.setdefault(node.name, []).append(node)
            elif not isinstance(node, ast.ClassDef):
                module.functions.setdefault("", []).append(node)
            else:
                # Making one runs its `__init__` and what its bases do; the rest is called by name.
                for part in node.body:
                    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                        module.functions.setdefault(part.name, []).append(part)
                        if part.name in ("__init__", "__post_init__"):
                            module.functions.setdefault(node.name, []).append(part)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quality_creator"):
                source = (node.module or "").removeprefix("quality_creator").lstrip(".")
                for one in node.names:
                    module.imported[one.asname or one.name] = (source, one.name)
        yield module


def _methods(modules: dict[str, Module]) -> dict[str, list[Key]]:
    """Where a name could be a method's."""
    found: dict[str, list[Key]] = {}
    for module in modules.values():
        tree = ast.parse(module.path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                        found.setdefault(part.name, []).append((module.name, part.name))
    return found


def _called(
    node: ast.AST, here: Module, modules: dict[str, Module], methods: dict[str, list[Key]]
) -> Iterator[Key]:
    """Every function that a body may call or hand on."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            if part.id in here.functions:
                yield here.name, part.id
            elif part.id in here.imported:
                yield from _imported(here.imported[part.id], modules)
        elif isinstance(part, ast.Attribute):
            owner = part.value.id if isinstance(part.value, ast.Name) else ""
            source, name = here.imported.get(owner, ("", ""))
            package = f"{source}.{name}".strip(".")
            if owner in here.imported and package in modules:
                yield from _imported((package, part.attr), modules)
            else:
                yield from methods.get(part.attr, ())


def _imported(key: Key, modules: dict[str, Module]) -> Iterator[Key]:
    """Where a name was made, through the packages that hand it on."""
    source, name = key
    module = modules.get(source)
    if module is None:
        return
    if name in module.functions:
        yield key
    elif name in module.imported and module.imported[name] != key:
        yield from _imported(module.imported[name], modules)


def _raised(module: Module, node: ast.AST) -> Iterator[Refusal]:
    for part in ast.walk(node):
        match part:
            case ast.Call(func=ast.Name(id=kind), args=[words, *_]) if kind in KINDS:
                pass
            case ast.Call(
                func=ast.Attribute(attr="__init__", value=ast.Call(func=ast.Name(id="super"))),
                args=[ast.Constant(value=str()) as words],
            ):
                pass
            case _:
                continue
        where = f"{module.path.relative_to(PACKAGE)}:{part.lineno}"
        literal = isinstance(words, ast.Constant) and isinstance(words.value, str)
        yield Refusal(where, str(words.value) if literal else None)
