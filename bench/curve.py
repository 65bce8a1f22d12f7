# SPDX-License-Identifier: Apache-2.0
"""A curve as an SVG picture: one line, every measured point with its number, legible on light and dark pages.

In: points, titles, the function that turns a point into the words beside it. Out: the text of an SVG file. The picture brings its own background and colours and asks the viewer for the scheme; no font of its own.
"""
import html

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 84, 40, 66, 62
STYLE = """
  .page { fill: #ffffff; stroke: #d0d7de; }
  text { fill: #1f2328; font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .title { font-size: 17px; font-weight: 600; }
  .soft { fill: #59636e; font-size: 13px; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .axis { stroke: #59636e; stroke-width: 1.5; }
  .line { stroke: #0a58ca; stroke-width: 2.5; fill: none; stroke-linejoin: round; }
  .dot { fill: #0a58ca; }
  .ideal { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 5 5; fill: none; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d; }
    text { fill: #f0f6fc; }
    .soft { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .axis { stroke: #9198a1; }
    .line { stroke: #6cb6ff; }
    .dot { fill: #6cb6ff; }
    .ideal { stroke: #9198a1; }
  }
"""


def step_of(top, most=6):
    """A round distance of grid lines, so that there are few of them up to `top`."""
    step = 1.0
    while top / step > most:
        step *= 10
    while top / step < most / 10:
        step /= 10
    return next(step * part for part in (0.1, 0.2, 0.25, 0.5, 1) if top / (step * part) <= most)


def text(x, y, words, kind="", anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}{more}>{html.escape(words)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def axes(place, top, x_ticks, names):
    """Grid, axes, numbers and names. `place` turns a point into pixels; names: (of x, of y)."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    out, step, value = [], step_of(top), 0.0
    while value <= top * 1.0001:
        y = place(0, value)[1]
        out += [line(LEFT, y, right, y, "grid"), text(LEFT - 10, y + 5, f"{value:,.6g}", "soft", "end")]
        value += step
    free = 0.0
    for x in x_ticks:
        at = place(x, 0)[0]
        out.append(line(at, bottom, at, bottom + 5, "axis"))
        if at >= free:
            out.append(text(at, bottom + 22, f"{x:,}", "soft"))
            free = at + 32
    out += [line(LEFT, TOP, LEFT, bottom, "axis"), line(LEFT, bottom, right, bottom, "axis")]
    middle = (TOP + bottom) / 2
    return out + [text((LEFT + right) / 2, HEIGHT - 16, names[0]),
                  text(22, middle, names[1], more=f' transform="rotate(-90 22 {middle:.1f})"')]


def box(x, y, words, anchor):
    """About the room that words take: left, top, right, bottom."""
    wide = 7.6 * len(words)
    left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
    return left - 3, y - 13, left + wide + 3, y + 5


def is_free(room, taken, drawn):
    """Inside the plot, over no other words and over no point of the drawn line."""
    left, top, right, bottom = room
    return (left >= LEFT + 2 and right <= WIDTH - 4 and top >= TOP and bottom < HEIGHT - BOTTOM and
            all(right < t[0] or left > t[2] or bottom < t[1] or top > t[3] for t in taken) and
            not any(left < x < right and top < y < bottom for x, y in drawn))


def along(at):
    """Points along a line, close enough to see whether words would lie on it."""
    return [(a + (c - a) * i / 60, b + (d - b) * i / 60) for (a, b), (c, d) in zip(at, at[1:]) for i in range(61)]


def labels(at, words, drawn):
    """The words beside each point: below to the right where there is room, else above, ever higher, with a thin line."""
    taken, out = [], []
    for (x, y), said in zip(at, words):
        ways = [(x + 8, y + 19, "start"), (x, y - 12, "middle"), (x, y - 12, "end"), (x - 8, y + 19, "end"), (x + 8, y - 12, "start")]
        ways += [(x, y - 12 - 18 * n, anchor) for n in range(1, 14) for anchor in ("start", "middle", "end")]
        way = next((w for w in ways if is_free(box(*w[:2], said, w[2]), taken, drawn)), ways[0])
        if way[1] < y - 12:
            out.append(line(x, y - 6, x, way[1] + 4, "grid"))
        out.append(text(way[0], way[1], said, anchor=way[2]))
        taken.append(box(*way[:2], said, way[2]))
    return out


def picture(points, titles, names, words, ideal=None):
    """points: [(x, y)] in order of x; titles: (what, how measured); ideal: a second, dashed line [(x, y)]."""
    left = points[0][0]
    last = max(points[-1][0], left + 1)
    top = max(y for _, y in points + (ideal or [])) * 1.15 or 1

    def place(x, y):
        return LEFT + (max(x, left) - left) / (last - left) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    at = [place(x, y) for x, y in points]
    path = lambda row: " ".join("%.1f,%.1f" % p for p in row)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
           f"<title>{html.escape(titles[0])}</title>", f"<style>{STYLE}</style>",
           f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>',
           text(LEFT, 30, titles[0], "title", "start"), text(LEFT, 50, titles[1], "soft", "start"),
           *axes(place, top, [x for x, _ in points], names)]
    other = [place(x, y) for x, y in ideal or []]
    if other:
        out.append(f'<polyline class="ideal" points="{path(other)}"/>')
    out.append(f'<polyline class="line" points="{path(at)}"/>')
    out += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>' for x, y in at]
    return "\n".join(out + labels(at, [words(x, y) for x, y in points], along(at) + along(other)) + ["</svg>", ""])
