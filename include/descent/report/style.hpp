#pragma once

#include <string_view>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The style sheet of a page. Every color of text has a contrast of at least 4.5 with its background, in the light and in
/// the dark scheme.
inline constexpr std::string_view page_style = R"css(
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --text: #1a2027; --soft: #56616d; --line: #dfe3e8; --grid: #eceff2;
  --c0: #0b5fc0; --c1: #b3400b; --c2: #17753a; --c3: #7638b4; --c4: #a3195b; --c5: #006d78; --c6: #765a00; --c7: #56616d;
  --band: #17753a1c; --hit: 11, 95, 192; --miss: 179, 64, 11; --focus: #0b5fc0;
  --error: #b3261e; --warning: #8a5200; --note: #56616d; --good: #17753a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1216; --card: #171b20; --text: #e7eaee; --soft: #a3adb8; --line: #2c333b; --grid: #242a31;
    --c0: #6fb3ff; --c1: #ff9d6b; --c2: #6fd08f; --c3: #c9a0ff; --c4: #ff8fc0; --c5: #5ed0da; --c6: #e2c25c; --c7: #a3adb8;
    --band: #6fd08f1f; --hit: 111, 179, 255; --miss: 255, 157, 107; --focus: #6fb3ff;
    --error: #ff8f86; --warning: #f0b460; --note: #a3adb8; --good: #6fd08f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 76rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 1rem; letter-spacing: -.005em; }
p { margin: .25rem 0; }
bdi, .name { unicode-bidi: isolate; overflow-wrap: anywhere; }
.soft, figcaption p, .tile small { color: var(--soft); font-size: .875rem; }
.status { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; color: var(--soft); }
.state { font-weight: 600; color: var(--good); }
.state.failed { color: var(--error); }
.state.training { color: var(--c0); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1.25rem 0 0; font-size: .9375rem; }
a { color: var(--c0); text-underline-offset: .2em; text-decoration-thickness: 1px; }
button {
  font: inherit; font-size: .875rem; color: var(--text); background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: .1rem .6rem; cursor: pointer;
}
h2:focus { outline: none; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 1rem; margin: 1.75rem 0 0; }
.tile, figure, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: .75rem 1rem; overflow: hidden; }
.tile b { display: block; font-size: 1.5rem; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; }
.tile span, .tile small { display: block; overflow-wrap: anywhere; }
.tile span { font-size: .875rem; color: var(--soft); }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.25rem; }
figure, .card { margin: 0; padding: 1rem 1.125rem .875rem; min-width: 0; }
.below { margin-top: 1.25rem; }
.wide { grid-column: 1 / -1; }
h3 { margin: 0; font-size: 1rem; font-weight: 600; }
.lead { margin: -.5rem 0 1rem; }
.plot { position: relative; margin: .625rem 0 .375rem; touch-action: pan-y; }
.plot.long { overflow-x: auto; }
.plot svg { display: block; width: 100%; height: auto; }
.plot text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; unicode-bidi: isolate; }
.plot .axis { stroke: var(--line); }
.plot .rule { stroke: var(--grid); }
.plot .band { fill: var(--band); }
.plot .edge { stroke: var(--good); stroke-dasharray: 2 4; }
.plot .diagonal { stroke: var(--soft); stroke-dasharray: 3 4; }
.plot path.curve { fill: none; stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
.plot .dot { stroke: none; opacity: .55; }
.plot .mark { stroke: var(--card); stroke-width: 2; }
.plot .cursor { stroke: var(--soft); stroke-dasharray: 2 3; }
.plot text.label { font-weight: 600; }
.tip {
  position: absolute; top: 0; left: 0; pointer-events: none; z-index: 1; max-width: 16rem; padding: .4rem .6rem;
  background: var(--card); color: var(--text); border: 1px solid var(--soft); border-radius: 6px; font-size: .8125rem;
  line-height: 1.45; font-variant-numeric: tabular-nums; box-shadow: 0 2px 8px #0003;
}
.tip div { display: flex; gap: .5rem; justify-content: space-between; }
.tip .name { max-width: 10rem; }
details { font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); padding: .125rem 0; width: fit-content; }
.scroll { overflow-x: auto; max-height: 22rem; overflow-y: auto; }
.scroll.full { max-height: none; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { padding: .25rem .75rem .25rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; }
.texts th, .texts td, th.left, td.left { text-align: left; }
.texts td { white-space: normal; overflow-wrap: anywhere; }
.texts th { color: var(--soft); font-weight: 400; vertical-align: top; padding-right: 1.5rem; }
.confusion th, .confusion td { padding: .25rem .4rem; text-align: center; border: 2px solid var(--card); min-width: 2.25rem; }
.confusion th { font-weight: 400; color: var(--soft); max-width: 5.5rem; overflow: hidden; text-overflow: ellipsis; }
.confusion.few th, .confusion.few td { padding: 1rem 1.25rem; font-size: 1.125rem; }
.confusion th[scope=row] { text-align: right; max-width: 9rem; }
ul { list-style: none; padding: 0; margin: 0; }
.findings { display: grid; gap: .75rem; }
.findings li { padding: .75rem 1rem; border-left-width: 4px; }
.findings .error { border-left-color: var(--error); }
.findings .warning { border-left-color: var(--warning); }
.findings .kind { font-weight: 600; }
.error .kind { color: var(--error); } .warning .kind { color: var(--warning); } .note .kind { color: var(--note); }
.images { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: .75rem; }
.images li { width: 5.5rem; font-size: .8125rem; line-height: 1.4; overflow-wrap: anywhere; }
.images canvas { width: 5.5rem; height: auto; image-rendering: pixelated; border-radius: 6px; display: block; margin-bottom: .35rem; }
code { font: .8125rem/1.6 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
@media (max-width: 30rem) {
  body { padding: 1.5rem .875rem 3rem; }
  h1 { font-size: 1.4rem; }
  figure, .card { padding: .875rem .75rem .75rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .75rem; }
  .tile b { font-size: 1.25rem; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --card: #ffffff; --text: #000000; --soft: #444c55; --line: #c9ced4; --grid: #e6e9ec;
    --c0: #0b5fc0; --c1: #b3400b; --c2: #17753a; --c3: #7638b4; --c4: #a3195b; --c5: #006d78; --c6: #765a00; --c7: #56616d;
    --hit: 11, 95, 192; --miss: 179, 64, 11; --error: #b3261e; --warning: #8a5200; --note: #56616d; --good: #17753a;
  }
  body { padding: 0; font-size: 11pt; max-width: none; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav, button, .tip, .cursor, .mark, details:not([open]) { display: none; }
  figure, .tile, .findings li, tr, .images li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .grid { grid-template-columns: 1fr 1fr; }
  .scroll { max-height: none; overflow: visible; }
  .confusion { font-size: 8pt; }
  .confusion th, .confusion td { padding: .15rem .2rem; min-width: 1.5rem; }
}
)css";

}  // namespace descent::inline DESCENT_ABI::detail
