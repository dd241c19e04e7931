"""Templates of mail, filled from a ticket's facts by a language that can only name and print them."""

import re
from collections.abc import Mapping
from typing import Literal

from jinja2 import StrictUndefined, Undefined, nodes, pass_eval_context
from jinja2.exceptions import FilterArgumentError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.filters import do_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from shared.contracts.tickets import TicketSnapshot

Form = Literal["text", "html"]
MAX_TEMPLATE = 32_000
"""Characters."""
MAX_OUTPUT = 256_000
"""Characters."""
MAX_SEPARATOR = 20
FILTERS = (
    "capitalize", "default", "e", "escape", "first", "join", "last", "length", "lower", "title", "trim",
    "truncate", "upper",
)  # fmt: skip
_WORDS: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr, nodes.If,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Filter,
    nodes.Test, nodes.Keyword,
)  # fmt: skip
"""Without loops, calls and arithmetic a template's work is bounded by its length."""
_UNEXPECTED = re.compile(
    r"""^(?:unexpected (?:char )?|expected token 'end of [a-z]+ [a-z]+', got )(['"])(.+?)\1"""
)
_GUARDS = ("default", "defined", "undefined")
_TESTS = ("defined", "undefined", "none", "eq", "equalto", "in", "string", "number")


class TemplateError(Exception):
    """A template cannot be used. `line` counts from 1."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.reason = reason
        self.line = line


class _FactsOnly(ImmutableSandboxedEnvironment):
    """What stands after a dot is the key of a fact, never an attribute of a Python object."""

    # object: Jinja hands over whatever a template names
    def getattr(self, obj: object, attribute: str) -> object:
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, OwnFields):
            return ""
        return self.undefined(f"there is no fact {attribute!r}")


def _environment(form: Form) -> _FactsOnly:
    made = _FactsOnly(undefined=StrictUndefined, autoescape=form == "html", keep_trailing_newline=True)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS} | {"join": _join}
    return made


@pass_eval_context
def _join(context: nodes.EvalContext, values: object, separator: str = ", ") -> str:
    """Jinja's own would also put a long separator between the letters of a long text."""
    if not isinstance(values, list) or len(separator) > MAX_SEPARATOR:
        raise FilterArgumentError(f"join takes a list and at most {MAX_SEPARATOR} characters between")
    joined: str = do_join(context, values, separator)
    return joined


_ENVIRONMENTS: Mapping[Form, _FactsOnly] = {"text": _environment("text"), "html": _environment("html")}


def render_template(text: str, facts: Mapping[str, JsonValue], form: Form = "text") -> str:
    """Fill a template. In the form html every fact is escaped.

    Raises:
        TemplateError: it is no template, it names a fact that does not exist, or the result is too long.
    """
    check_template(text)
    parts: list[str] = []
    length = 0
    try:
        for part in _ENVIRONMENTS[form].from_string(text).generate(facts):
            length += len(part)
            if length > MAX_OUTPUT:
                raise TemplateError(f"the result is longer than {MAX_OUTPUT} characters")
            parts.append(part)
    except UndefinedError as error:
        raise TemplateError(error.message or "a fact is missing", _line(error)) from error
    except (JinjaError, TypeError, ValueError) as error:
        raise TemplateError(str(error), _line(error)) from error
    return "".join(parts)


def check_template(text: str) -> None:
    """Refuse what is no template or goes beyond naming, choosing and printing facts.

    Raises:
        TemplateError: with the line that is wrong.
    """
    if len(text) > MAX_TEMPLATE:
        raise TemplateError(f"the template is longer than {MAX_TEMPLATE} characters")
    try:
        tree = _ENVIRONMENTS["text"].parse(text)
    except TemplateSyntaxError as error:
        raise _plainly(error, text) from error
    except RecursionError as error:
        raise TemplateError("the template is nested too deeply") from error
    for node in tree.find_all(nodes.Node):
        _check(node)


def checked_template(text: str) -> str:
    """Return a template, for the models of actions.

    Raises:
        ValueError: as `check_template` says.
    """
    try:
        check_template(text)
    except TemplateError as error:
        raise ValueError(str(error)) from error
    return text


def check_facts(text: str, facts: Mapping[str, JsonValue]) -> None:
    """Refuse a template that names a fact which is not among these, unless it asks first whether it is there
    (`is defined`, `default`).

    Raises:
        TemplateError: as `check_template`, or with the name, its line and what there is.
    """
    check_template(text)
    tree = _ENVIRONMENTS["text"].parse(text)
    asked = {_path(one.node) for one in tree.find_all((nodes.Test, nodes.Filter)) if one.name in _GUARDS}
    inner = {id(one.node) for one in tree.find_all(nodes.Getattr)}
    for node in tree.find_all((nodes.Name, nodes.Getattr)):
        path = _path(node)
        if id(node) in inner or not path or path in asked:
            continue
        _must_be(path, facts, node.lineno)


def _must_be(path: tuple[str, ...], facts: Mapping[str, JsonValue], line: int) -> None:
    there: JsonValue = dict(facts)
    for name in path:
        if not isinstance(there, dict) or name not in there:
            known = ", ".join(there) if isinstance(there, dict) and there else "nothing"
            raise TemplateError(f"there is no fact {'.'.join(path)!r} here; there is: {known}", line)
        there = there[name]


def _path(node: nodes.Node | None) -> tuple[str, ...]:
    """Return what a fact is named by, from its root; empty for anything else."""
    match node:
        case nodes.Name(name=name):
            return (name,)
        case nodes.Getattr(node=inner, attr=attribute):
            before = _path(inner)
            return (*before, attribute) if before else ()
        case _:
            return ()


class OwnFields(dict[str, JsonValue]):
    """Custom fields in a template: one that a ticket does not have prints nothing."""


def ticket_facts(ticket: TicketSnapshot) -> dict[str, JsonValue]:
    """What every template may name; the caller adds `post`, `closes_at` and the like."""
    contact = ticket.contact_address
    return {
        "ticket": {
            "number": ticket.number,
            "subject": ticket.subject,
            "status": ticket.status,
            "priority": ticket.priority,
            "kind": ticket.kind.value,
            "tags": list(ticket.tags),
            "created_at": f"{ticket.created_at:%Y-%m-%d %H:%M} UTC",
            "fields": OwnFields(ticket.fields),
        },
        "contact": {
            "name": contact.name or contact.address if contact else "",
            "address": contact.address if contact else "",
            "language": ticket.contact_language,
        },
        "organization": {"name": ticket.organization_name},
    }


_OPENED = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))


def _plainly(error: TemplateSyntaxError, text: str) -> TemplateError:
    """Say what Jinja did not understand as its writer sees it, at the line where it begins."""
    for opens, closes in _OPENED:
        at = text.rfind(opens)
        if at >= 0 and closes not in text[at:]:
            return TemplateError(f"{opens} is never closed by {closes}", text.count("\n", 0, at) + 1)
    told = (error.message or "this is not a template").rstrip(".")
    if "needs to be closed is 'if'" in told:
        return TemplateError("{% if … %} is never closed by {% endif %}", error.lineno)
    if told.endswith("got 'end of print statement'"):
        return TemplateError("{{ }} names nothing; a fact reads {{ ticket.subject }}", error.lineno)
    if found := _UNEXPECTED.search(told):
        return TemplateError(
            f"{found[2]!r} has no place here; a fact reads {{{{ ticket.subject }}}}", error.lineno
        )
    return TemplateError(told, error.lineno)


def _check(node: nodes.Node) -> None:
    if not isinstance(node, _WORDS):
        raise TemplateError(f"{type(node).__name__.lower()} is not allowed in a mail template", node.lineno)
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TemplateError(f"there is no filter {node.name!r}", node.lineno)
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        raise TemplateError(f"there is no test {node.name!r}", node.lineno)
    if isinstance(node, nodes.Name) and node.name == "self":
        raise TemplateError("'self' is not a fact", node.lineno)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise TemplateError(f"{node.attr!r} is not a fact", node.lineno)


def _line(error: Exception) -> int | None:
    """The line of the template where it happened; Jinja writes it into the traceback."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
