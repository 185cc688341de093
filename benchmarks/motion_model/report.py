"""What was found: figures as JSON, every table as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks import measure
from benchmarks.measure import Figure
from benchmarks.motion_model import retrieval as small
from benchmarks.motion_model.moments import PRODUCT, RANDOM_WINDOW, TMR_PARTS, TMR_WINDOWS
from benchmarks.motion_model.retrieval import FUSED, TMR, TOPS, WAYS, recall_name

NAME = "motion_model"
OUT = measure.ROOT / "docs" / "model-benchmark.md"
AIMS = {1: 35, 5: 75}
METRICS = ("R01", "R02", "R03", "R05", "R10", "MedR")
Found = dict[str, Any]

_RETRIEVAL = """Motions are found by what they show alone; no caption of the gallery is used. A text is
the first caption of a segment. *Small batches*: galleries of 32, {shuffles} shuffles, mean and standard
deviation over shuffles. *Lenient*: a motion whose caption means what the query's means, (cosine + 1) /
2 > 0.95 by MiniLM, is right too; *same action*: a cut of the same class of HDM05 is right too, and
nothing else (its captions, written one by one, are never alike in the lenient sense); *strict*: the own
alone. The *ceiling of strict* is what a perfect
judge of captions can expect, to whom motions of alike captions are ties. *Published* is the one shuffle
of the published small-batch protocol, strict.

{alike[pairs]} pairs of captions are alike, {alike[one subject]} of them within one subject
({alike[subject]}). To MiniLM left and right are nearly the same word: a caption that claims a side and
its mirrored caption are alike in {alike[mirrored]} of {alike[sided]} cases. So lenient figures say
little about sides; the pairs of left and right below do.

- chance: a random order
- text only: MiniLM cosine of the query with the words of the file name and of what the source says
  of the recording; segments of equal words come in a random order
- kinematics only: mean MiniLM cosine with eight sentences that the captioner says of the motion +
  {own:g} x the agreement of its facets with what the query asks
- TMR: cosine in the space of the motion model
- contrasted: as the product asks; a sentence of several events is ranked by t + (t - t'), t' being the
  latent of the same events in another order
- contrasted + facets: that + {weight:g} x the agreement of the facets

The captioner's limits were set while looking at clips of every split (docs/captioning.md); what it knows of
left and right was fitted to the training split alone, and weights were chosen on the development split. So
what rests on kinematics or facets is not held out as TMR alone is.
"""
_CHOICES = """Scores of two motions with one sentence: the share in which the right one is ahead (a tie
counts half) and its 95 % interval (Wilson), both of the first bundle; then mean and standard deviation
over bundles, where there are several.
"""
_KINDS = (
    (small.LENIENT, (small.LENIENT,)),
    (small.SAME_ACTION, (small.SAME_ACTION,)),
    (small.STRICT, (small.STRICT, "published")),
)
_SIDES = """Segments whose caption claims a side, each beside its mirrored motion; subjects and
recordings take turns. In every second pair of a subject the caption is mirrored, so that its mirrored
motion is right."""
_ORDERS = """Two segments of different actions and sources, at most 10 s together, in both orders; their
captions are joined with words for the order."""
_MOMENTS = """Recordings of 30 s and more ({recorded}), and takes joined from other test segments
({joined}). A query is the first caption of a written segment; {left_out} captions that also fit another
segment of their take (cosine > 0.9) are left out, {queries} stay. *Windows* are of 1, 2, 4 and 8 s;
*parts* are one to three stretches between changes of activity, as `tmr moments` lays them: the written
segments of recorded takes were cut by an earlier form of that rule, those of joined takes were not. *As the
product asks* adds facets and a usual length to the cosine. *Random* is a blind choice, *best of the
windows* and *of the parts* what the best choice would reach."""
_ACTIONS = """Whole recordings against the labels of their sources, each said as a phrase
(`benchmarks/motion_model/actions.csv`). *Over classes* weighs every class the same."""


def tell(found: Found, bundles: Sequence[str], weight: float, *, keep: bool) -> None:
    """Prints what was found; writes it too where everything was measured.

    Args:
        found: part -> what it found.
        bundles: their names.
        weight: of the facets.
        keep: write benchmarks/results/motion_model.json and docs/model-benchmark.md.
    """
    text = "\n".join(_document(found, bundles, weight))
    print(text)
    if not keep:
        return
    out = measure.save(NAME, "Motion model, unseen subjects", _figures(found), _notes(bundles, weight))
    record = json.loads(out.read_text(encoding="utf-8"))
    record |= {"bundles": list(bundles), "facets_weight": weight}
    record["tables"] = _rounded({name: part for name, part in found.items() if name != "pace"})
    out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    OUT.write_text(text + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 2) if isinstance(value, float) else value


def _figures(found: Found) -> list[Figure]:
    """What docs/benchmarks.md shows: the aims, each beside the text-only baseline where there is one."""
    figures = []
    table = found["retrieval"]["small_batches"]["all"]
    for way in WAYS:
        for top in TOPS:
            label = recall_name(way, top, "lenient")
            baseline = f"{label}, {small.TEXT_ONLY}"
            for row in (TMR, small.ASKED, FUSED, small.KINEMATICS_ONLY, small.TEXT_ONLY, small.CHANCE):
                own = "" if row in (small.TEXT_ONLY, small.CHANCE) else baseline
                aim = f">= {AIMS[top]} %" if row == TMR else ""
                figures.append(Figure.of(f"{label}, {row}", "%", table[row][0][label], baseline=own, aim=aim))
    for part, aim in (("sides", ">= 90 %"), ("orders", ">= 80 %")):
        for scorer, shares in found[part]["shares"].items():
            share = shares[0]
            name = f"{part}, right one first, {scorer}"
            figures.append(
                Figure(name, "%", share["percent"], share["low"], share["high"], share["count"], aim=aim)
            )
    moments = found["moments"]["tables"]["all"]
    for row in (PRODUCT, TMR_PARTS, TMR_WINDOWS, RANDOM_WINDOW):
        other = "" if row == RANDOM_WINDOW else f"moments, R@1 at IoU 0.5, {RANDOM_WINDOW}"
        aim = ">= 40 %" if row == PRODUCT else ""
        value = moments[row][0]["R1@0.5"]
        figures.append(Figure.of(f"moments, R@1 at IoU 0.5, {row}", "%", [value], baseline=other, aim=aim))
    return [*figures, *found["pace"]["figures"]]


def _notes(bundles: Sequence[str], weight: float) -> list[str]:
    return [
        f"Bundles: {', '.join(bundles)}; figures are of the first. Every table, with the spread over "
        "bundles: docs/model-benchmark.md.",
        f"Recalls: small batches of 32 of all test segments, lenient, {small.SHUFFLES} shuffles. "
        f"Facets: cosine + {weight:g} x agreement of facets.",
        "Sides and orders: the quartiles' column holds the 95 % interval, the runs' column the pairs.",
    ]


def _document(found: Found, bundles: Sequence[str], weight: float) -> list[str]:
    machine = measure.machine()
    lines = [
        "# The motion model, measured",
        "",
        f"Written by `python -m benchmarks.motion_model` on {machine['date']}, and nothing by hand.",
        f"Bundles, of one recipe and several seeds: {', '.join(bundles)}. The first is what ships.",
        "Everything is measured on the test split: actors that no model has seen, and a few game clips.",
        "± is a standard deviation: over bundles, where nothing else is said.",
    ]
    writers = {
        "retrieval": lambda part: _retrieval(part, weight),
        "sides": lambda part: ["## Left and right", "", _CHOICES, _SIDES, "", *_shares(part)],
        "orders": lambda part: ["## Order of events", "", _ORDERS, "", *_shares(part)],
        "moments": _moments,
        "actions": _actions,
        "pace": _pace,
    }
    for name, part in found.items():
        lines += ["", *writers[name](part)]
    return lines


def _retrieval(part: Found, weight: float) -> list[str]:
    lines = ["## Retrieval, motion only", ""]
    own = small.KINEMATICS_WEIGHT
    lines += [_RETRIEVAL.format(shuffles=small.SHUFFLES, own=own, weight=weight, alike=part["alike"])]
    for subset, table in part["small_batches"].items():
        lines += [f"### Small batches: {subset}", ""]
        for title, kinds in _KINDS:
            names = [
                (kind, way, top, recall_name(way, top, kind))
                for kind in kinds
                for way in WAYS
                for top in TOPS
            ]
            head = [title, *(_column(kind, way, top) for kind, way, top, _ in names)]
            rows = []
            for row, of_bundles in table.items():
                if not any(name in of_bundles[0] for *_, name in names):
                    continue
                cells = [_spread(of_bundles[0].get(name, [])) for *_, name in names]
                rows.append([row, *cells])
                if len(of_bundles) > 1:
                    over = [_spread([float(np.mean(one[name])) for one in of_bundles]) for *_, name in names]
                    rows.append([f"{row}, over {len(of_bundles)} bundles", *over])
            lines += [*_table(head, rows), ""]
    for protocol, table in part["whole_split"].items():
        lines += [f'### The authors\' protocol "{protocol}": {part["segments"]} segments', ""]
        head = ["", *(f"{way.upper()} {metric}" for way in WAYS for metric in METRICS)]
        rows = [
            [row, *(_spread([one[way][metric] for one in of_bundles]) for way in WAYS for metric in METRICS)]
            for row, of_bundles in table.items()
        ]
        lines += [*_table(head, rows), ""]
    return lines


def _column(kind: str, way: str, top: int) -> str:
    return f"{'published ' if kind == 'published' else ''}{way.upper()} R@{top}"


def _shares(part: Found) -> list[str]:
    rows = []
    for scorer, shares in part["shares"].items():
        first = shares[0]
        over = _spread([share["percent"] for share in shares]) if len(shares) > 1 else ""
        interval = f"{first['low']:.1f} .. {first['high']:.1f}"
        rows.append([scorer, str(first["count"]), f"{first['percent']:.1f}", interval, over])
    return _table(["", "pairs", "right, %", "95 % interval", "over bundles"], rows)


def _moments(part: Found) -> list[str]:
    told = _MOMENTS.format(**part["takes"], left_out=part["left_out"], queries=part["queries"])
    lines = ["## Moments", "", told, ""]
    for kind, table in part["tables"].items():
        names = list(next(iter(table.values()))[0])
        head = [f"{kind} takes", *(f"R@1, IoU {name.partition('@')[2]}" for name in names)]
        rows = [
            [row, *(_spread([one[name] for one in of_bundles]) for name in names)]
            for row, of_bundles in table.items()
        ]
        lines += [*_table(head, rows), ""]
    return lines


def _actions(part: Found) -> list[str]:
    names = ("top1", "top5", "class_top1", "class_top5")
    head = ["", "recordings", "classes", "top 1", "top 5", "top 1 over classes", "top 5 over classes"]
    rows = []
    for source, row in part.items():
        counts = [str(row["motions"]), str(row["classes"])]
        chances = [f"{row['chance'][name.removeprefix('class_')]:.1f}" for name in names]
        rows.append([f"{source}, chance", *counts, *chances])
        cells = [_spread([one[name] for one in row["models"]]) for name in names]
        rows.append([f"{source}, TMR", *counts, *cells])
    return ["## Zero-shot action recognition", "", _ACTIONS, "", *_table(head, rows)]


def _pace(part: Found) -> list[str]:
    rows = [
        [
            figure.name,
            f"{figure.median:.3g} {figure.unit}",
            f"{figure.low:.3g} .. {figure.high:.3g}",
            figure.aim,
        ]
        for figure in part["figures"]
    ]
    lines = ["## Pace", "", "One thread, in turns; median and quartiles of the runs.", ""]
    return [*lines, *_table(["", "median", "quartiles", "aim"], rows)]


def _spread(values: Iterable[float]) -> str:
    """Mean and sample standard deviation; the value alone where there is one."""
    values = list(values)
    if not values:
        return ""
    mean = f"{np.mean(values):.1f}"
    return mean if len(values) == 1 else f"{mean} ± {np.std(values, ddof=1):.1f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
