import { clamp } from '../core/clamp.ts';
import { checkOptionNames, checkPositive } from '../core/options.ts';
import type { Trajectory } from '../core/wrappers/recordTrajectory.ts';
import { contentSecurityPolicy } from './contentSecurityPolicy.ts';
import { escapeHtml } from './escapeHtml.ts';
import { themeDeclarations } from './palette.ts';

/** Options of {@link trajectoryPage}. */
export interface TrajectoryPageOptions {
  /** Heads the page, and names it. */
  title?: string;
  /** How fast it plays; when left out so that an episode takes ten seconds, at 4 to 50 a second. */
  framesPerSecond?: number;
}

/** What of a trajectory the page shows. */
type Shown = Pick<Trajectory<unknown, unknown>, 'frames' | 'rewards' | 'infos' | 'terminated' | 'truncated'>;

/**
 * An HTML page, without any other file, that plays a recorded episode: frames as `RecordTrajectory` has them with `frames: true`,
 * with step, reward and return beside. It can be paused and scrubbed, starts by itself only where the reader has not asked for
 * less motion, and follows the reader's light or dark preference. Write the text to a file that ends in `.html`.
 *
 * @throws when the trajectory has no frames, or `framesPerSecond` is not above 0.
 */
export function trajectoryPage(trajectory: Shown, options: TrajectoryPageOptions = {}): string {
  checkOptionNames('trajectoryPage', options, ['title', 'framesPerSecond']);
  const { frames, rewards } = trajectory;
  const steps = rewards.length;
  if (frames.length !== steps + 1) {
    const wanted = `${steps + 1} of RecordTrajectory(env, { frames: true })`;
    throw new Error(`trajectoryPage: the trajectory has ${frames.length} frames, expected ${wanted}`);
  }
  const { title = 'An episode', framesPerSecond = clamp(steps / 10, 4, 50) } = options;
  checkPositive('trajectoryPage', 'framesPerSecond', framesPerSecond);
  const head = commonStart(frames);
  const tail = commonEnd(frames, head.length);
  const middles = frames.map((frame) => frame.slice(head.length, frame.length - tail.length));
  const data = { head, tail, middles, rewards, end: endOf(trajectory), framesPerSecond };
  const heading = escapeHtml(title);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
${contentSecurityPolicy([SCRIPT])}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<style>${STYLE}</style>
<main>
<h1>${heading}</h1>
<div id="stage">${frames[0]}</div>
<div id="controls">
<button id="play" type="button">Play</button>
<input id="scrub" type="range" min="0" max="${steps}" step="1" value="0" aria-label="Step">
<label>Speed <select id="speed"><option value="0.25">¼</option><option value="0.5">½</option><option value="1" selected>1</option><option value="2">2</option><option value="4">4</option></select></label>
</div>
<p id="facts"></p>
</main>
<script id="data" type="application/json">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${SCRIPT}</script>
</html>
`;
}

/** How the episode ended, in words. */
function endOf({ infos, terminated, truncated }: Shown): string {
  const { outcome } = infos.at(-1) ?? {};
  const kind = terminated ? 'terminated' : truncated ? 'truncated' : 'not ended';
  return outcome === undefined ? kind : `${kind}: ${outcome}`;
}

function commonStart(texts: readonly string[]): string {
  const [first = ''] = texts;
  let length = first.length;
  for (const text of texts) {
    let same = 0;
    while (same < length && text[same] === first[same]) same++;
    length = same;
  }
  return first.slice(0, length);
}

/** The longest common end that leaves the first `start` characters alone. */
function commonEnd(texts: readonly string[], start: number): string {
  const [first = ''] = texts;
  let length = first.length - start;
  for (const text of texts) {
    let same = 0;
    while (same < Math.min(length, text.length - start) && text.at(-1 - same) === first.at(-1 - same)) same++;
    length = same;
  }
  return first.slice(first.length - length);
}

const STYLE = `
:root { color-scheme: light; ${themeDeclarations('light')} }
@media (prefers-color-scheme: dark) { :root { color-scheme: dark; ${themeDeclarations('dark')} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1.25rem; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
#stage { border: 1px solid var(--line); }
#stage svg { display: block; width: 100%; height: auto; max-height: 70vh; }
#controls { display: flex; align-items: center; gap: .8rem; margin: .8rem 0 .4rem; }
button, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--faint); border-radius: .3rem; padding: .25rem .6rem; min-height: 2.2rem; }
button { min-width: 4.6rem; }
input { flex: 1; min-width: 0; accent-color: var(--ink); }
label { white-space: nowrap; }
#facts { margin: 0; color: var(--muted); font-variant-numeric: tabular-nums; }
`;

const SCRIPT = `
const { head, tail, middles, rewards, end, framesPerSecond } = JSON.parse(document.getElementById('data').textContent);
const [stage, play, scrub, speed, facts] = ['stage', 'play', 'scrub', 'speed', 'facts'].map((id) => document.getElementById(id));
const last = rewards.length;
const sums = rewards.reduce((all, r) => (all.push(all.at(-1) + r), all), [0]);
const number = (x) => String(Number(x.toPrecision(4))).replace('-', '−');
let at = 0;
let playing = false;
let shownAt = 0;
function show(step) {
  at = step;
  stage.innerHTML = head + middles[step] + tail;
  scrub.value = step;
  const reward = step > 0 ? ', reward ' + number(rewards[step - 1]) : '';
  facts.textContent = 'Step ' + step + ' of ' + last + reward + ', return ' + number(sums[step]) + (step === last ? ', ' + end : '');
}
function setPlaying(now) {
  playing = now;
  play.textContent = now ? 'Pause' : 'Play';
  if (!now) return;
  if (at === last) show(0);
  shownAt = performance.now();
  requestAnimationFrame(tick);
}
function tick(now) {
  if (!playing) return;
  const duration = 1000 / (framesPerSecond * speed.value);
  const due = Math.floor((now - shownAt) / duration);
  if (due > 0) {
    show(Math.min(last, at + due));
    shownAt += due * duration;
  }
  if (at === last) setPlaying(false);
  else requestAnimationFrame(tick);
}
play.addEventListener('click', () => setPlaying(!playing));
scrub.addEventListener('input', () => { setPlaying(false); show(Number(scrub.value)); });
show(0);
if (!matchMedia('(prefers-reduced-motion: reduce)').matches) setPlaying(true);
`;
