/** The look of the page. System fonts, one accent; light, dark and print. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfb; --card: #ffffff; --ink: #1a1d21; --soft: #59616b; --line: #e3e5e8; --grid: #eceef0;
  --first: #1f5fd0; --second: #0d8a72; --bad: #b3261e; --warn: #8a4b00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1a1e23; --ink: #e7eaee; --soft: #9ba5b1; --line: #2d333b; --grid: #262b32;
    --first: #7aa9ff; --second: #4fd1b2; --bad: #ff8a80; --warn: #f0b06a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink); font-variant-numeric: tabular-nums;
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main, footer { max-width: 66rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding: 2.6rem 0 1.4rem; }
.kind { margin: 0; color: var(--first); font-weight: 620; font-size: .88rem; }
h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -0.015em; margin: .15rem 0 .4rem; font-weight: 660; overflow-wrap: anywhere; }
h2 { font-size: 1.12rem; margin: 0; font-weight: 640; }
p { margin: .2rem 0; }
.soft, footer { color: var(--soft); }
.remark { color: var(--warn); }
section { margin: 1.9rem 0; }
svg { display: block; width: 100%; height: auto; margin-top: .7rem; }
.grid { stroke: var(--grid); stroke-width: 1; }
.tick { fill: var(--soft); font-size: 12px; }
.line { fill: none; stroke: var(--first); stroke-width: 2; stroke-linejoin: round; }
.line.second { stroke: var(--second); } .line.bad { stroke: var(--bad); }
.bar, .dot { fill: var(--first); } .dot.second { fill: var(--second); } .dot.bad { fill: var(--bad); }
.bar:hover { opacity: .7; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.tile { background: var(--card); padding: .85rem 1rem; }
.tile b { display: block; font-size: 1.35rem; font-weight: 640; letter-spacing: -0.01em; }
.tile span { color: var(--soft); font-size: .86rem; }
.tile.bad b { color: var(--bad); }
.tables { display: flex; flex-wrap: wrap; gap: 1.5rem 3rem; align-items: flex-start; }
table { border-collapse: collapse; font-size: .92rem; }
caption { text-align: left; font-weight: 640; padding-bottom: .4rem; }
th, td { padding: .28rem 1.1rem .28rem 0; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400; }
th[scope=row] { text-align: left; color: var(--soft); } th[scope=col] { color: var(--soft); }
footer { padding-top: .5rem; padding-bottom: 3rem; font-size: .88rem; }
@media print { :root { --paper: #fff; } .tile, svg { break-inside: avoid; } }
`
