# SPDX-License-Identifier: Apache-2.0
"""A curve as an SVG picture: one line, every measured point with its number, legible on light and dark pages.

In: points, titles, the function that turns a point into the words beside it (below to the right, as the curves rise; at
the right edge above). Out: the text of an SVG file. The picture brings its own background and colours and asks the viewer for the scheme; no font of its own.
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


def picture(points, titles, names, words, ideal=None):
    """points: [(x, y)] in order of x; titles: (what, how measured); ideal: a second, dashed line [(x, y)]."""
    left = 0 if points[0][0] == 0 else points[0][0]
    last = max(points[-1][0], left + 1)
    top = max(y for _, y in points + (ideal or [])) * 1.15 or 1

    def place(x, y):
        return LEFT + (max(x, left) - left) / (last - left) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    path = lambda row: " ".join("%.1f,%.1f" % place(x, y) for x, y in row)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
           f"<title>{html.escape(titles[0])}</title>", f"<style>{STYLE}</style>",
           f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>',
           text(LEFT, 30, titles[0], "title", "start"), text(LEFT, 50, titles[1], "soft", "start"),
           *axes(place, top, [x for x, _ in points], names)]
    if ideal:
        out.append(f'<polyline class="ideal" points="{path(ideal)}"/>')
    out.append(f'<polyline class="line" points="{path(points)}"/>')
    for x, y in points:
        px, py = place(x, y)
        anchor = "end" if px > WIDTH - RIGHT - 60 else "start"
        out += [f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="4.5"/>',
                text(px, py - 12, words(x, y), anchor=anchor) if anchor == "end" else text(px + 8, py + 19, words(x, y), anchor=anchor)]
    return "\n".join(out + ["</svg>", ""])
