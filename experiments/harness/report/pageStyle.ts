import { themeDeclarations } from '../../../envs/drawing/palette.ts';

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
h2 { font-size: 1.35rem; margin: 2.6rem 0 .5rem; padding-top: 1.2rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
p { max-width: 46rem; margin: .5rem 0; }
a { color: inherit; }
.lead { font-size: 1.1rem; color: var(--muted); }
.warning { border: 1px solid var(--ink); border-left-width: 6px; padding: .6rem .9rem; margin: 1rem 0; max-width: 46rem; }
.warning p { margin: 0; }
.warning ul { margin: .3rem 0 0; padding-left: 1.2rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; list-style: none; margin: 1rem 0 0; padding: 0; font-size: .92rem; }
nav a { display: block; padding: .2rem 0; }
dl { margin: 1rem 0 0; font-size: .88rem; }
dl div { display: flex; gap: .4rem; min-width: 0; break-inside: avoid; }
dt { color: var(--muted); }
dt::after { content: ":"; }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
dl.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; }
dl.lines { max-width: 46rem; font-size: .92rem; }
dl.lines div { display: grid; grid-template-columns: 6rem 1fr; gap: .1rem .6rem; margin-top: .35rem; break-inside: auto; }
dl.lines dd { grid-column: 2; }
dl.settings { columns: 20rem; column-gap: 2rem; }
.figures { columns: 320px; column-gap: 2rem; margin: 1.2rem 0; }
.figures.single { columns: auto; max-width: 540px; }
figure { margin: 0 0 1.6rem; break-inside: avoid; }
figure.wide { margin: 1.2rem 0 1.6rem; }
figure svg { display: block; max-width: 100%; height: auto; }
figure > svg { width: 100%; }
figure:not(.wide) > svg { max-width: 460px; }
[*|href$="#ink"] { filter: var(--ink-image); }
figcaption { font-size: .88rem; color: var(--muted); margin-top: .4rem; max-width: 46rem; }
.panels { display: grid; grid-template-columns: repeat(var(--wide), minmax(0, 1fr)); gap: 1rem .75rem; }
.panels > div { max-width: 260px; min-width: 0; display: flex; flex-direction: column; justify-content: flex-end; }
.panels p { margin: 0 0 .15rem; font-size: .92rem; font-weight: 600; line-height: 1.35; overflow-wrap: anywhere; }
.panels small { display: block; font-size: .8rem; font-weight: 400; color: var(--muted); }
.panels i { display: inline-block; width: .75em; height: .75em; border-radius: 50%; margin-right: .4em; }
.panels svg { width: 100%; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: .5rem 0 0; padding: 0; font-size: .85rem; }
.legend li { display: flex; align-items: center; gap: .4rem; }
.table { overflow-x: auto; margin: 1.2rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .35rem; }
th, td { padding: .35rem 1rem .35rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { color: var(--muted); vertical-align: bottom; }
.number { text-align: right; }
th:first-child { position: sticky; left: 0; background: var(--paper); white-space: nowrap; }
@media screen and (min-width: 700px) { td { white-space: nowrap; } .prose td { white-space: normal; } }
@media screen and (min-width: 1000px) {
  .figures { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); column-gap: 2rem; }
}
@media (max-width: 999px), print { .panels { grid-template-columns: repeat(var(--middling), minmax(0, 1fr)); } }
@media (max-width: 599px) {
  main { padding: 1.2rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  table { font-size: .85rem; }
  th, td { padding-right: .7rem; }
}
@media screen and (max-width: 599px) { .panels { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 11pt; }
  nav { display: none; }
  .table { overflow: visible; }
  table { font-size: 8pt; }
  thead th { overflow-wrap: anywhere; }
  th, td { padding-right: .6rem; }
  h2, h3, caption { break-after: avoid; }
  figure, tr, .warning { break-inside: avoid; }
}
`;
