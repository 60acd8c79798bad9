/** The look of the page. System fonts, one accent; light, dark and print. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfb; --card: #ffffff; --ink: #1a1d21; --soft: #59616b; --line: #e3e5e8; --grid: #eceef0;
  --ours: #1f5fd0; --second: #0d8a72; --reference: #7a8594; --peer: #c3c9d1; --warn: #9a4d00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1a1e23; --ink: #e7eaee; --soft: #9ba5b1; --line: #2d333b; --grid: #262b32;
    --ours: #7aa9ff; --second: #4fd1b2; --reference: #8b96a5; --peer: #4a535f; --warn: #f0b06a;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 3.5rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
}
main, header, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 3.5rem; }
h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 .6rem; font-weight: 680; }
h2 { font-size: 1.35rem; letter-spacing: -0.01em; margin: 0 0 .25rem; font-weight: 650; }
h3 { font-size: 1.02rem; margin: 1.8rem 0 .7rem; font-weight: 620; }
h4 { font-size: .92rem; margin: 0; font-weight: 620; }
p { margin: .3rem 0; max-width: 68ch; }
.lead { color: var(--soft); font-size: 1.02rem; max-width: 72ch; }
.soft, .meta { color: var(--soft); }
.meta { font-size: .88rem; }
a { color: var(--ours); text-decoration-thickness: 1px; text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--ours); outline-offset: 2px; border-radius: 3px; }

nav { position: sticky; top: 0; z-index: 2; background: var(--paper); border-bottom: 1px solid var(--line); margin-top: 1.6rem; }
nav ul { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; list-style: none; display: flex; gap: 1.3rem; overflow-x: auto; scrollbar-width: none; -webkit-mask-image: linear-gradient(90deg, #000 calc(100% - 4rem), transparent); mask-image: linear-gradient(90deg, #000 calc(100% - 4rem), transparent); }
nav li:last-child { padding-right: 3rem; }
nav a { display: block; padding: .7rem 0; white-space: nowrap; font-size: .88rem; color: var(--soft); text-decoration: none; }
nav a:hover { color: var(--ink); }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13.5rem, 1fr)); background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.tile { box-shadow: 1px 1px 0 var(--line); padding: 1.05rem 1.15rem 1.1rem; }
.tile b { display: block; font-size: 1.9rem; line-height: 1.1; letter-spacing: -0.02em; font-weight: 640; color: var(--ours); }
.tiles.second b { color: var(--second); }
.tile b small { font-size: .95rem; font-weight: 560; letter-spacing: 0; margin-left: .15rem; }
.tile strong { display: block; margin-top: .45rem; font-size: .92rem; font-weight: 600; line-height: 1.35; }
.tile span { display: block; margin-top: .2rem; color: var(--soft); font-size: .82rem; line-height: 1.4; }

.legend { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; margin: 1.1rem 0 0; padding: 0; list-style: none; font-size: .85rem; color: var(--soft); }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .45rem; vertical-align: -1px; }
.legend .ours i { background: var(--ours); } .legend .second i { background: var(--second); }
.legend .reference i { background: var(--reference); } .legend .peer i { background: var(--peer); }

section { padding: 2.6rem 0 .4rem; }
section + section { border-top: 1px solid var(--line); margin-top: 2.4rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.2rem; margin-top: 1.1rem; }
.plot { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.15rem .6rem; min-width: 0; break-inside: avoid; }
.plot figcaption { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; margin-bottom: .6rem; }
.plot figcaption span { color: var(--soft); font-size: .78rem; white-space: nowrap; }
.rows { display: grid; grid-template-columns: minmax(6.2rem, 11.2rem) minmax(0, 1fr) auto; grid-template-rows: repeat(var(--rows), 30px) 40px; column-gap: .7rem; }
.rows svg { grid-column: 2; grid-row: 1 / -1; display: block; overflow: hidden; }
.label { grid-column: 1; align-self: center; font-size: .82rem; line-height: 1.15; color: var(--soft); overflow: hidden; text-align: right; }
.label > span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.label.ours { color: var(--ours); font-weight: 620; } .label.second { color: var(--second); font-weight: 620; }
.value { grid-column: 3; align-self: center; font-size: .82rem; text-align: right; white-space: nowrap; }
svg text { font: 11.5px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .unit { font-size: 11.5px; } svg .why { font-style: italic; font-size: 12px; }
.grid { stroke: var(--grid); stroke-width: 1; }
.bar.ours, .dot.ours { fill: var(--ours); } .bar.second, .dot.second { fill: var(--second); }
.bar.reference, .dot.reference { fill: var(--reference); } .bar.peer, .dot.peer { fill: var(--peer); }
.span, .ring { stroke-width: 2; } .ring { fill: var(--card); }
.span.ours, .ring.ours { stroke: var(--ours); } .span.second, .ring.second { stroke: var(--second); }
.span.reference, .ring.reference { stroke: var(--reference); } .span.peer, .ring.peer { stroke: var(--peer); }
.dot.peer { fill: var(--reference); } .ring.peer, .span.peer { stroke: var(--reference); }
.span.peer { opacity: .6; }
.whisker { stroke: var(--ink); stroke-width: 1.5; opacity: .55; }
.limit { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 3 3; }
.target { fill: transparent; } .target:hover { fill: var(--ink); fill-opacity: .05; }

details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--soft); font-size: .88rem; padding: .2rem 0; width: fit-content; }
.scroll { overflow-x: auto; margin-top: .5rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .84rem; }
th, td { padding: .42rem .8rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child td, tr:last-child th { border-bottom: 0; }
thead th { font-weight: 560; color: var(--soft); } tbody th { text-align: left; font-weight: 500; }
tbody tr.ours th { color: var(--ours); font-weight: 620; } tbody tr.second th { color: var(--second); font-weight: 620; }
td.comment { text-align: left; white-space: normal; min-width: 12rem; color: var(--warn); }
dl { display: grid; grid-template-columns: minmax(7rem, 13rem) minmax(0, 1fr); gap: .3rem 1.2rem; margin: .8rem 0; font-size: .92rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.method li { margin: .35rem 0; max-width: 72ch; } .method { padding-left: 1.1rem; }
footer { padding: 2.5rem 1.5rem 3.5rem; color: var(--soft); font-size: .85rem; }

#tip { position: fixed; z-index: 5; pointer-events: none; opacity: 0; transition: opacity .1s; max-width: 20rem; padding: .5rem .7rem; border-radius: 7px; background: var(--ink); color: var(--paper); font-size: .8rem; line-height: 1.45; white-space: pre-line; }
#tip.on { opacity: 1; }

@media (max-width: 40rem) {
  main, header, footer, nav ul { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 2rem; } h1 { font-size: 1.6rem; }
  .plot { padding: .9rem .8rem .4rem; } .rows { grid-template-columns: 6.4rem minmax(0, 1fr) auto; column-gap: .5rem; }
  .label, .value { font-size: .76rem; } .tick.odd { display: none; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); } .tile b { font-size: 1.5rem; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --grid: #e5e5e5; --ours: #1f5fd0; --second: #0d8a72; --reference: #7a8594; --peer: #c3c9d1; }
  nav, #tip, summary { display: none; }
  section { padding-top: 1.2rem; } .plots { gap: .6rem; } .plot, .tiles { break-inside: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`
