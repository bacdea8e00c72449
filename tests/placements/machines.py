"""Draws the state machines of the placements service from the table of steps the database goes by.

A picture has a column for each stage and a row for each step: an arrow from the stage it is taken at to the one it
leads to. Nothing crosses a label, whatever the table says, and no program is needed to see it.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final

import msgspec

from services.placements.steps import Rule

TITLES: Final[Mapping[str, str]] = {
    "request": "A request for a home",
    "enquiry": "An enquiry from one authority to another",
    "hold": "A hold on a place",
    "placement": "A placement of one child",
}
SIDES: Final[Mapping[str, tuple[str, str, str]]] = {
    "placing": ("the placing authority", "#1d70b8", "none"),
    "providing": ("the providing authority", "#00703c", "9 3"),
    "either": ("either side", "#6f3d94", "9 3 2 3"),
    "system": ("the database itself", "#505a5f", "2 3"),
}
"""Who may take a step: in words, the colour and the dashes of its arrow, so that no colour is needed to tell."""
LEVELS: Final[Mapping[int, str]] = {
    0: "nothing",
    2: "the de-identified profile",
    3: "fuller profiles",
    4: "names and addresses",
}
"""What is open to the other side after a step (design: disclosure by stage)."""

COLUMN: Final = 132
ROW: Final = 40
TOP: Final = 96
EDGE: Final = 24
BOX: Final = (108, 34)


class Machine(msgspec.Struct, frozen=True):
    """One machine: its stages in the order they are drawn, and its steps in that order."""

    name: str
    first: str
    stages: tuple[str, ...]
    rules: tuple[Rule, ...]

    @property
    def title(self) -> str:
        return TITLES.get(self.name, _words(self.name).capitalize())

    @property
    def opens(self) -> bool:
        """Whether its steps open anything to the other side."""
        return any(rule.level for rule in self.rules)

    def is_last(self, stage: str) -> bool:
        """Whether no step leads on from a stage."""
        return all(rule.next_stage == stage for rule in self.rules if rule.stage == stage)


def machines(rules: Iterable[Rule], defaults: Mapping[str, str]) -> list[Machine]:
    """The machines in the table. `defaults`: the stage in which each begins, where the table of steps does not tell."""
    ordered = sorted(rules, key=lambda rule: rule.machine)
    by_name = {name: list(steps) for name, steps in groupby(ordered, key=lambda rule: rule.machine)}
    names = sorted(by_name, key=lambda name: ([*TITLES, name].index(name), name))
    return [_machine(name, by_name[name], defaults.get(name)) for name in names]


def _machine(name: str, rules: Sequence[Rule], default: str | None) -> Machine:
    reached = {rule.next_stage for rule in rules if rule.next_stage != rule.stage}
    begins = sorted({rule.stage for rule in rules} - reached)
    first = begins[0] if len(begins) == 1 else default
    if first is None:
        raise ValueError(f"the table does not tell in which stage a {name} begins")
    stages = _in_order(first, rules)
    place = stages.index
    steps = sorted(rules, key=lambda one: (place(one.stage), place(one.next_stage), one.step, one.side))
    return Machine(name, first, stages, tuple(steps))


def _in_order(first: str, rules: Sequence[Rule]) -> tuple[str, ...]:
    """The longest way through without coming back, then the stages beside it, those that end last."""
    onward: dict[str, set[str]] = {}
    for rule in rules:
        onward.setdefault(rule.stage, set()).add(rule.next_stage)

    def longest(stage: str, been: tuple[str, ...]) -> tuple[str, ...]:
        ways = [longest(then, (*been, then)) for then in sorted(onward.get(stage, set()) - set(been))]
        return max(ways, key=lambda way: (len(way), tuple(reversed(way)))) if ways else been

    line = longest(first, (first,))
    beside = {rule.next_stage for rule in rules} | set(onward)
    rest = sorted(beside - set(line), key=lambda stage: (stage not in onward, stage))
    return (*line, *rest)


def document(found: Sequence[Machine]) -> str:
    """docs/state-machines.md."""
    parts = [
        "# State machines",
        "",
        "What may become of a request, an enquiry, a hold and a placement. Made from the table the database goes by,",
        "`placements.step_rule`: nothing else moves a stage, and a step that is not here is refused. To make it anew",
        "after a migration: `CARESHARE_WRITE_MACHINES=1 pytest tests/placements/test_machines.py`.",
        "",
        "A column is a stage, a row a step. A stage from which no step leads on has a dashed frame.",
    ]
    for machine in found:
        parts += ["", f"## {machine.title}", "", f"![{_summary(machine)}](images/machines/{machine.name}.svg)", ""]
        parts += _table(machine)
        parts += ["", "```mermaid", *_mermaid(machine), "```"]
    return "\n".join(parts) + "\n"


def _summary(machine: Machine) -> str:
    ends = [_words(stage) for stage in machine.stages if machine.is_last(stage)]
    tail = f" It ends as {', '.join(ends)}." if ends else ""
    return f"{machine.title} begins as {_words(machine.first)}.{tail} The table below says the same in words."


def _table(machine: Machine) -> list[str]:
    heads = ["At", "Step", "By", "Leads to", *(["The other side then sees"] if machine.opens else [])]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for rule in machine.rules:
        cells = [_words(rule.stage), f"`{rule.step}`", SIDES[rule.side][0], _words(rule.next_stage)]
        cells += [LEVELS[rule.level]] if machine.opens else []
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _mermaid(machine: Machine) -> list[str]:
    lines = ["stateDiagram-v2", f"  [*] --> {machine.first}"]
    lines += [f"  {rule.stage} --> {rule.next_stage}: {_words(rule.step)} ({rule.side})" for rule in machine.rules]
    return [*lines, *(f"  {stage} --> [*]" for stage in machine.stages if machine.is_last(stage))]


def picture(machine: Machine) -> str:
    """The machine as SVG."""
    width = 2 * EDGE + COLUMN * len(machine.stages)
    height = TOP + ROW * len(machine.rules) + EDGE
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'role="img" aria-labelledby="title description" font-family="Arial, sans-serif" font-size="13">'
        ),
        f'<title id="title">{escape(machine.title)}</title>',
        f'<desc id="description">{escape(_summary(machine))}</desc>',
        "<defs>",
        *(
            f'<marker id="{side}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
            f'<path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
            for side, (_, colour, _) in SIDES.items()
        ),
        "</defs>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_legend(),
    ]
    for at, stage in enumerate(machine.stages):
        lines += _stage(machine, stage, _middle(at), height)
    for row, rule in enumerate(machine.rules):
        lines += _step(machine, rule, TOP + ROW * row + ROW - 10)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _middle(at: int) -> int:
    return EDGE + COLUMN * at + COLUMN // 2


def _legend() -> list[str]:
    lines: list[str] = []
    x = EDGE
    for side, (who, colour, dashes) in SIDES.items():
        lines.append(
            f'<path d="M{x} 18h44" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes}" marker-end="url(#{side})"/>'
            f'<text x="{x + 52}" y="22" fill="#0b0c0c">{escape(who)}</text>'
        )
        x += 76 + 7 * len(who)
    return lines


def _stage(machine: Machine, stage: str, middle: int, height: int) -> list[str]:
    wide, high = BOX
    dashed = ' stroke-dasharray="5 3"' if machine.is_last(stage) else ""
    fill = "#eef7ee" if stage == machine.first else "#f3f2f1"
    return [
        f'<path d="M{middle} {TOP - 10}V{height - 10}" stroke="#b1b4b6" stroke-dasharray="2 4"/>',
        (
            f'<rect x="{middle - wide // 2}" y="{TOP - 10 - high}" width="{wide}" height="{high}" rx="4" fill="{fill}" '
            f'stroke="#0b0c0c"{dashed}/>'
        ),
        (
            f'<text x="{middle}" y="{TOP - 10 - high + 22}" text-anchor="middle" font-weight="bold" fill="#0b0c0c">'
            f"{escape(_words(stage))}</text>"
        ),
    ]


def _step(machine: Machine, rule: Rule, y: int) -> list[str]:
    one, other = (_middle(machine.stages.index(stage)) for stage in (rule.stage, rule.next_stage))
    _, colour, dashes = SIDES[rule.side]
    said = _words(rule.step) + (f" · opens {LEVELS[rule.level]}" if _opens_more(machine, rule) else "")
    if one == other:
        way = f"M{one} {y - 6}h16q8 0 8 7t-8 7h-14"
        text = f'<text x="{one + 32}" y="{y + 5}" fill="{colour}">'
    else:
        toward = 1 if other > one else -1
        way = f"M{one} {y}H{other - 3 * toward}"
        # The label stands at the arrow's beginning, on white, so that the lines of the stages do not run through it.
        anchor = "start" if toward > 0 else "end"
        text = f'<text x="{one + 8 * toward}" y="{y - 7}" text-anchor="{anchor}" fill="{colour}">'
    label = f"{text.replace('<text', _OUTLINED)}{escape(said)}</text>"
    return [
        (
            f"{label}"
            f'<circle cx="{one}" cy="{y if one != other else y - 6}" r="3.5" fill="{colour}"/>'
            f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes}" marker-end="url(#{rule.side})"/>'
        )
    ]


_OUTLINED: Final = '<text paint-order="stroke" stroke="#ffffff" stroke-width="4" stroke-linejoin="round"'


def _opens_more(machine: Machine, rule: Rule) -> bool:
    """Whether the other side sees more after the step than whoever leads to its stage opened before."""
    before = [one.level for one in machine.rules if one.next_stage == rule.stage]
    return rule.level > max(before, default=2 if machine.opens else 0)


def _words(name: str) -> str:
    return name.replace("_", " ")
