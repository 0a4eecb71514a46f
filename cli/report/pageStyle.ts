import { themeDeclarations } from '../../envs/drawing/palette.ts';

/** The page's style sheet: light, dark where the reader prefers it, and light on paper. */
export const PAGE_STYLE = `
:root { color-scheme: light; --ink-image: none; ${themeDeclarations('light')} }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; --ink-image: invert(1); ${themeDeclarations('dark')} }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1128px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.35rem; margin: 1.3rem 0 .3rem; padding-top: .6rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
p { max-width: 46rem; margin: .5rem 0; }
a { color: inherit; }
.lead { font-size: 1.1rem; color: var(--muted); }
.warning { border: 1px solid var(--ink); border-left-width: 6px; padding: .6rem .9rem; margin: 1rem 0; max-width: 46rem; }
.warning p { margin: 0; }
.warning ul { margin: .3rem 0 0; padding-left: 1.2rem; }
#summary h1 { margin: 0; font-size: 1.6rem; }
#summary .lead { margin: .2rem 0 0; font-size: .95rem; line-height: 1.4; max-width: none; }
.answers { list-style: none; margin: .45rem 0 0; padding: 0; display: grid; gap: .2rem 1.8rem; font-size: .78rem; line-height: 1.28; }
.answers .item { border-top: 1px solid var(--line); padding-top: .18rem; break-inside: avoid; }
.answers .answer-picture { float: right; width: 250px; margin: .1rem 0 .1rem 1rem; }
.answers p { margin: 0; max-width: none; }
.answers .question { color: var(--muted); }
.answers .question b { color: var(--ink); }
.answers .answer { margin: 0 0 .1rem; font-weight: 500; }
.answers.large { font-size: .95rem; line-height: 1.45; }
.answers.large .item { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 400px); grid-template-rows: auto 1fr; gap: .3rem 3rem; padding-top: .6rem; }
.answers.large .plain { grid-template-columns: 1fr; }
.answers.large .question { grid-column: 1; }
.answers.large .said { grid-column: 1; }
.answers.large .answer-picture { grid-area: 1 / 2 / span 2; width: auto; margin: 0; }
.answers.large .answer { font-size: 1.2rem; line-height: 1.4; margin: 0 0 .5rem; }
.answers .answer-picture > svg { width: auto; max-width: 100%; }
.answer-picture figcaption { font-size: .72rem; margin: .1rem 0 0; line-height: 1.3; }
.large .answer-picture figcaption { font-size: .82rem; margin-top: .4rem; }
#summary .table { margin: .9rem 0; }
#summary td { white-space: normal; }
dl.notes { display: grid; gap: .5rem 2rem; margin: .5rem 0 0; padding: .3rem 0 0; border-top: 2px solid var(--ink); font-size: .8rem; line-height: 1.32; }
dl.notes div { display: block; }
dl.notes dt { color: var(--ink); font-weight: 600; }
dl.notes dt::after { content: ""; }
code, pre { font: .92em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; margin: .5rem 0; padding: .6rem .8rem; background: var(--line); border-radius: 4px; font-size: .85rem; }
.folds { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0 0; }
.folds details { border: 1px solid var(--line); border-radius: 6px; min-width: 0; max-width: 100%; }
.folds details[open] { flex: 1 0 100%; width: 100%; }
summary { cursor: pointer; padding: .3rem .7rem; font-size: .88rem; }
summary small { color: var(--muted); font-size: .8rem; margin-left: .3rem; }
.folds details > div { padding: 0 .5rem .6rem; }
.folds h3:first-child, .folds h4:first-child { margin-top: .6rem; }
h4, h5, h6 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
.show-all { display: none; }
@supports selector(::details-content) {
  .show-all { display: inline-block; font-size: .88rem; padding: .2rem 0; cursor: pointer; }
  :root:has(#show-all:checked) .folds details { flex: 1 0 100%; width: 100%; }
  :root:has(#show-all:checked) ::details-content { content-visibility: visible; }
}
nav { margin-top: 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; list-style: none; margin: 0; padding: 0; font-size: .92rem; }
nav a { display: block; padding: .2rem 0; }
dl { margin: 1rem 0 0; font-size: .88rem; }
dl div { display: flex; gap: .4rem; min-width: 0; break-inside: avoid; }
dt { color: var(--muted); }
dt::after { content: ":"; }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
dl.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; }
dl.lines { max-width: 62rem; font-size: .92rem; line-height: 1.42; margin-top: .4rem; }
dl.lines div { display: grid; grid-template-columns: 5.4rem 1fr; gap: .1rem .6rem; margin-top: .2rem; break-inside: auto; }
dl.lines dd { grid-column: 2; }
dl.settings { columns: 20rem; column-gap: 2rem; }
dl.settings div { flex-wrap: wrap; }
dl.settings dt { min-width: 0; overflow-wrap: anywhere; }
.figures { columns: 320px; column-gap: 2rem; margin: 1rem 0 0; }
.figures.single { columns: auto; max-width: 540px; }
figure { margin: 0 0 1.2rem; break-inside: avoid; }
figure.wide { margin: 1rem 0 1.2rem; }
figure svg { display: block; max-width: 100%; height: auto; }
figure > svg { width: 100%; }
figure:not(.wide) > svg { width: auto; max-width: min(100%, 370px); }
[*|href$="#ink"] { filter: var(--ink-image); }
figcaption { font-size: .85rem; line-height: 1.45; color: var(--muted); margin-top: .4rem; max-width: 68rem; }
figcaption b, caption b { color: var(--ink); }
.panels { display: grid; grid-template-columns: repeat(var(--wide), minmax(0, 200px)); justify-content: start; gap: 1rem .75rem; }
.panels > div { max-width: 200px; min-width: 0; display: flex; flex-direction: column; justify-content: flex-end; }
.panels p { margin: 0 0 .15rem; font-size: .92rem; font-weight: 600; line-height: 1.35; overflow-wrap: anywhere; }
.panels small { display: block; font-size: .8rem; font-weight: 400; color: var(--muted); }
.panels i { display: inline-block; width: .75em; height: .75em; border-radius: 50%; margin-right: .4em; }
.panels svg { width: 100%; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: .5rem 0 0; padding: 0; font-size: .85rem; }
.legend li { display: flex; align-items: center; gap: .4rem; }
.table { overflow-x: auto; margin: .4rem 0 .6rem; max-width: 100%; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .35rem; }
th, td { padding: .22rem .9rem .22rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { color: var(--muted); vertical-align: bottom; }
.number { text-align: right; }
th:first-child { position: sticky; left: 0; background: var(--paper); white-space: nowrap; }
@media screen and (min-width: 700px) { td { white-space: nowrap; } .prose td { white-space: normal; } }
.prose tbody th { white-space: normal; overflow-wrap: normal; }
.prose td:not(.number) { min-width: 13rem; }
@media screen and (min-width: 1000px) {
  main { padding-top: .8rem; }
  #summary:has(.small) { margin: 0 max(-3.5rem, (100% - 100vw + 3rem) / 2); }
  .answers.small { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .answers.small .item:last-child:nth-child(odd) { grid-column: 1 / -1; }
  dl.notes { grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); }
  section > dl.lines { columns: 2; column-gap: 2rem; max-width: none; }
  section > dl.lines div { break-inside: avoid; margin: 0 0 .2rem; }
  section > dl.lines div:first-child { column-span: all; }
  .evidence { display: flex; flex-wrap: wrap; gap: 0 1.8rem; align-items: flex-start; margin-top: 1rem; }
  .evidence > figure { max-width: 370px; margin-bottom: .6rem; }
  .evidence table { font-size: .82rem; }
  .figures.single { max-width: none; }
  .single figure { display: grid; grid-template-columns: minmax(0, 370px) minmax(0, 1fr); column-gap: 2rem; align-items: center; }
  .figures { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); column-gap: 2rem; }
}
@media (max-width: 999px), print { .panels { grid-template-columns: repeat(var(--middling), minmax(0, 1fr)); } }
@media (max-width: 599px) {
  main { padding: 1.2rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  table { font-size: .85rem; }
  th, td { padding-right: .7rem; }
  .answers .item, .answers.large .item { display: flex; flex-direction: column; }
  .answers .answer-picture, .answers.large .answer-picture { order: 1; width: auto; margin: .3rem 0 0; }
  .answers.large .answer { font-size: 1.05rem; }
}
@media screen and (max-width: 599px) {
  .panels { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .folds details > div { padding: 0 .4rem .6rem; }
}
@media screen and (max-width: 359px) {
  main { padding: 1rem .6rem 2rem; }
  .folds details { border-width: 1px 0; border-radius: 0; }
  .folds details > div { padding: 0; }
  .panels { grid-template-columns: 1fr; }
}
@page { size: A4; margin: 14mm 10mm; }
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 9.5pt; line-height: 1.4; }
  h1 { font-size: 16pt; }
  h2 { font-size: 13pt; margin-top: 1.4rem; padding-top: .7rem; }
  nav { display: none; }
  #summary { break-after: page; }
  dl.notes { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .table { overflow: visible; }
  table { font-size: 8pt; }
  thead { display: table-header-group; }
  thead th { overflow-wrap: anywhere; }
  th, td { padding-right: .6rem; }
  .folds details { border: 0; }
  .folds details > div { padding: 0; }
  summary { font-size: 8pt; padding: .1rem .5rem; list-style-type: "▸ "; }
  h2, h3, h4, h5, h6, caption, summary, .lines { break-after: avoid; }
  figure, tr, pre, .lines, .folds, .warning { break-inside: avoid; }
  .figures:not(.single) { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 2rem; }
  .evidence { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: flex-start; }
  .evidence > figure { max-width: 300px; }
  .folds { break-before: avoid; }
  figcaption { font-size: 8pt; }
}
`;
