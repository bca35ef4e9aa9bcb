"""The style sheet of a report: phone and page, light and dark, screen and paper. No font or image from outside."""

from __future__ import annotations

SHEET = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f8fa; --ink: #1f2328; --faint: #59636e; --line: #d5dae0;
  --link: #0a58a8; --warn: #7a4b00; --warn-back: #fff6e0; --warn-line: #e3b341;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --raised: #1c2027; --ink: #e8eaed; --faint: #a3acb7; --line: #3a4149;
    --link: #7db7f5; --warn: #f2cc75; --warn-back: #2b2415; --warn-line: #8a6a1c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main, header.top, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header.top { padding-top: 2.5rem; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.4rem); margin: .15rem 0 .75rem; letter-spacing: -.015em; }
h2 { font-size: 1.4rem; margin: 3.25rem 0 .75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2.25rem 0 .4rem; }
p, ul { max-width: 46rem; margin: .5rem 0 1rem; }
.eyebrow { color: var(--faint); font-size: .9rem; margin: 0; }
.lead { font-size: 1.1rem; }
.caption { color: var(--faint); font-size: .92rem; line-height: 1.5; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px;
}
code, pre {
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .88em;
}
td code, li code { overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 2.25rem; margin: 1.5rem 0; padding: 0; }
.facts div { min-width: 5.5rem; }
.facts dt { color: var(--faint); font-size: .85rem; }
.facts dd { margin: 0; font-size: 1.5rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; max-width: none; }
nav a { display: inline-block; padding: .3rem 0; }
.notes {
  background: var(--warn-back); border-left: 4px solid var(--warn-line); border-radius: 0 .4rem .4rem 0;
  padding: .8rem 1.1rem; margin: 1.5rem 0;
}
.notes h2 { all: unset; display: block; font-weight: 650; color: var(--warn); }
.notes ul { margin: .35rem 0 0; padding-left: 1.15rem; max-width: 54rem; }
.notes li { margin: .3rem 0; }
.scroll { overflow-x: auto; margin: .75rem 0 .5rem; border: 1px solid var(--line); border-radius: .45rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .55rem .75rem .3rem; }
caption .under { color: var(--faint); font-size: .85rem; font-weight: 400; }
caption b { display: inline-block; margin-right: .6rem; font-size: 1rem; }
th, td { padding: .36rem .65rem; text-align: left; vertical-align: baseline; }
thead th { color: var(--faint); font-weight: 600; border-bottom: 1px solid var(--line); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid color-mix(in srgb, var(--line) 55%, transparent); }
.numbers td, .numbers thead th.number { text-align: right; }
.numbers td { white-space: nowrap; }
.numbers thead th.group { text-align: center; }
tbody th { font-weight: 600; white-space: nowrap; }
.numbers tbody th { background: var(--paper); }
.numbers tbody th:last-of-type { position: sticky; left: 0; z-index: 1; }
.spread { color: var(--faint); margin-left: .3em; font-size: .9em; }
.best { font-weight: 750; }
.claims th[scope="row"] { white-space: normal; min-width: 15rem; }
.claims th p { font-weight: 400; margin: .15rem 0; }
.claims td > p { margin: .1rem 0 .3rem; color: var(--faint); font-size: .9em; min-width: 16rem; }
.claims details { margin: 0; }
.claims .under { color: var(--faint); }
.parts { padding-left: 1.1rem; margin: .2rem 0; min-width: 18rem; }
.verdict { white-space: nowrap; }
.verdict.not-measured, .verdict.undecided { font-weight: 400; color: var(--faint); }
.swatch {
  display: inline-block; width: .72em; height: .72em; border-radius: 50%; margin-right: .5em;
  print-color-adjust: exact; -webkit-print-color-adjust: exact;
}
figure { margin: 2.25rem 0; }
figure h3 { margin-top: 0; }
figure svg { display: block; width: 100%; height: auto; }
figure svg text { font-family: inherit !important; }
figure svg * { stroke-linejoin: round; stroke-linecap: butt; }
.narrow { display: none; }
figcaption { margin-top: .5rem; }
.mixed td, .mixed th { background: var(--warn-back); }
.mixture { color: var(--warn); font-weight: 650; }
details { margin: .75rem 0; }
summary { cursor: pointer; padding: .4rem 0; font-weight: 600; }
pre {
  overflow-x: auto; background: var(--raised); border: 1px solid var(--line); border-radius: .45rem;
  padding: .9rem 1rem; line-height: 1.45;
}
footer { color: var(--faint); font-size: .9rem; padding: 2rem 1.25rem 3rem; }
.hidden {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .4rem .8rem; z-index: 2; }
@media (max-width: 40rem) {
  main, header.top, footer { padding-left: 1rem; padding-right: 1rem; }
  header.top { padding-top: 1.5rem; }
  h2 { margin-top: 2.5rem; }
  th, td { padding: .34rem .55rem; }
  .facts { gap: .75rem 1.5rem; }
  .facts dd { font-size: 1.25rem; }
  .wide { display: none; }
  .narrow { display: block; }
}
@media print {
  body { font-size: 10pt; }
  main, header.top, footer { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .scroll { overflow: visible; border: 0; }
  table { font-size: 8pt; }
  .numbers tbody th:last-of-type { position: static; }
  .numbers td { white-space: normal; }
  th, td { padding: .2rem .35rem; }
  tr, figure, .notes { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .wide { display: block; }
  .narrow { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  pre { white-space: pre-wrap; }
}
"""
