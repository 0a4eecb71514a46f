import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { toBase64 } from '../../src/json.ts';
import { checkArgument } from '../../src/options/parse.ts';
import { clamp } from '../../src/spaces/box.ts';
import { checkOptionNames, checkPositive } from '../core/options.ts';
import type { Trajectory } from '../core/wrappers/record.ts';
import { escapeHtml } from './drawing.ts';
import { themeDeclarations } from './palette.ts';
import type { Motion } from './scene.ts';
import type { ThreeScript } from './threeScript.ts';

/** Options of {@link trajectoryPage}. */
interface TrajectoryPageOptions {
  /** Heads the page, and names it. */
  title?: string;
  /**
   * How fast it plays, steps a second, or poses if the trajectory has a motion; when left out that in real time, and other episodes so that they take ten
   * seconds, at 4 to 50 a second.
   */
  framesPerSecond?: number;
  /** Shows a motion in three dimensions: `threeScript()`. */
  three?: ThreeScript | undefined;
}

/** What of a trajectory the page shows. */
type Shown = Pick<Trajectory<unknown, unknown>, 'frames' | 'rewards' | 'infos' | 'terminated' | 'truncated'> & {
  readonly motion?: Motion;
};

/**
 * An HTML page, without any other file, that plays a recorded episode: frames as `RecordTrajectory` has them with `frames: true`,
 * with step, reward and return beside. It can be paused and scrubbed, starts by itself only where the reader has not asked for
 * less motion, and follows the reader's light or dark preference. Write the text to a file that ends in `.html`.
 *
 * With `three`, what has moved in three dimensions is shown so, and can be turned; in a browser without WebGL the frames are.
 *
 * @throws when the trajectory has no frames, or `framesPerSecond` is not above 0.
 */
export function trajectoryPage(trajectory: Shown, options: TrajectoryPageOptions = {}): string {
  checkOptionNames('trajectoryPage', options, ['title', 'framesPerSecond', 'three']);
  checkArgument('trajectoryPage', 'trajectory', trajectory, Object);
  const { frames, rewards, motion } = trajectory;
  checkArgument('trajectoryPage', 'trajectory.frames', frames, Array);
  checkArgument('trajectoryPage', 'trajectory.rewards', rewards, Array);
  const steps = rewards.length;
  if (frames.length !== steps + 1) {
    const wanted = `${steps + 1} of RecordTrajectory(env, { frames: true })`;
    throw new Error(`trajectoryPage: the trajectory has ${frames.length} frames, expected ${wanted}`);
  }
  const usual = motion === undefined ? clamp(steps / 10, 4, 50) : 1 / motion.scene.interval;
  const { title = 'An episode', framesPerSecond = usual, three } = options;
  checkPositive('trajectoryPage', 'framesPerSecond', framesPerSecond);
  const head = commonStart(frames);
  // What leaves the head alone.
  const tail = backwards(commonStart(frames.map((frame) => backwards(frame.slice(head.length)))));
  const middles = frames.map((frame) => frame.slice(head.length, frame.length - tail.length));
  const ends = motion?.ends ?? rewards.map((_, step) => step).concat(steps);
  const deep = motion !== undefined && three !== undefined && deepOf(motion, three);
  const data = { head, tail, middles, rewards, ends, end: endOf(trajectory), framesPerSecond, deep };
  const heading = escapeHtml(title);
  const views = motion?.scene.view === 'side' ? 'from the side' : 'from above';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
${contentSecurityPolicy([SCRIPT], deep ? [three!.hash] : [])}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<style>${STYLE}</style>
<main>
<h1>${heading}</h1>
<div id="stage">${frames[0]}</div>
<div id="controls">
<button id="play" type="button">Play</button>
<input id="scrub" type="range" min="0" max="${ends.at(-1)}" step="1" value="0" aria-label="Step">
<label>Speed <select id="speed"><option value="0.25">¼</option><option value="0.5">½</option><option value="1" selected>1</option><option value="2">2</option><option value="4">4</option></select></label>
${deep ? `<label id="views" hidden>View <select id="view"><option value="deep">3D</option><option value="flat">${views}</option></select></label>` : ''}
</div>
<p id="facts"></p>
${deep ? '<p id="note" role="status"></p>' : ''}
</main>
<script id="data" type="application/json">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${SCRIPT}</script>
</html>
`;
}

/** What a page needs for three dimensions. */
function deepOf({ scene, poses }: Motion, { packed }: ThreeScript) {
  return { scene, poses: toBase64(Float32Array.from(poses)), script: packed };
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

function backwards(text: string): string {
  return text.split('').reverse().join('');
}

const STYLE = `
:root { color-scheme: light; ${themeDeclarations('light')} }
@media (prefers-color-scheme: dark) { :root { color-scheme: dark; ${themeDeclarations('dark')} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1.25rem; }
main.deep { max-width: 52rem; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
#stage { border: 1px solid var(--line); }
#stage svg { display: block; width: 100%; height: auto; max-height: 70vh; }
#stage canvas { display: block; width: 100%; aspect-ratio: 3 / 2; max-height: 70vh; cursor: grab; }
#stage canvas:active { cursor: grabbing; }
#controls { display: flex; flex-wrap: wrap; align-items: center; gap: .8rem; margin: .8rem 0 .4rem; }
button, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--faint); border-radius: .3rem; padding: .25rem .6rem; min-height: 2.2rem; }
button { min-width: 4.6rem; }
input { flex: 1; min-width: 6rem; accent-color: var(--ink); }
label { white-space: nowrap; }
[hidden] { display: none; }
#facts, #note { margin: 0; color: var(--muted); font-variant-numeric: tabular-nums; }
`;

const SCRIPT = `
const { head, tail, middles, rewards, ends, end, framesPerSecond, deep } = JSON.parse(document.getElementById('data').textContent);
const [stage, play, scrub, speed, facts, note, views, view] = ['stage', 'play', 'scrub', 'speed', 'facts', 'note', 'views', 'view'].map((id) => document.getElementById(id));
const last = ends.at(-1);
const sums = rewards.reduce((all, r) => (all.push(all.at(-1) + r), all), [0]);
const number = (x) => String(Number(x.toPrecision(4))).replace('-', '−');
let at = 0;
let step = -1;
let playing = false;
let shownAt = 0;
let drawDeep;
function flat() { stage.innerHTML = head + middles[step] + tail; }
function show(moment) {
  at = moment;
  const now = ends.findLastIndex((pose) => pose <= at);
  const isOther = now !== step;
  step = now;
  if (drawDeep) drawDeep(at);
  else if (isOther) flat();
  scrub.value = Math.floor(at);
  if (!isOther) return;
  const reward = step > 0 ? ', reward ' + number(rewards[step - 1]) : '';
  facts.textContent = 'Step ' + step + ' of ' + rewards.length + reward + ', return ' + number(sums[step]) + (at === last ? ', ' + end : '');
  scrub.setAttribute('aria-valuetext', 'Step ' + step + ' of ' + rewards.length);
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
  show(Math.min(last, at + Math.max(0, now - shownAt) / 1000 * framesPerSecond * speed.value));
  shownAt = now;
  if (at === last) setPlaying(false);
  else requestAnimationFrame(tick);
}
/** The script that is packed in the page: it runs because the page's policy names its hash. */
async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const script = document.createElement('script');
  script.textContent = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  document.head.append(script);
}
async function showDeep() {
  const canvas = document.createElement('canvas');
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue('--' + name).trim();
  const colours = () => ({ paper: colour('paper'), line: colour('line'), robot: colour('muted'), other: colour('faint') });
  const bytes = Uint8Array.from(atob(deep.poses), (c) => c.charCodeAt(0));
  const poses = new Float32Array(bytes.buffer);
  await unpack(deep.script);
  const { orbit, poseAt, sceneStage } = globalThis.oxbowStage;
  const made = sceneStage(canvas, deep.scene, colours());
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', 'The episode in three dimensions. Arrow keys turn the view, plus and minus zoom, Home puts it back.');
  const draw = (moment) => made.show(poseAt(poses, deep.scene.bodies, moment));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => made.paint(colours()));
  new ResizeObserver(() => made.resize(canvas.clientWidth, canvas.clientHeight, Math.min(2, devicePixelRatio))).observe(canvas);
  orbit(canvas, made.turn, made.turnBack);
  const choose = () => {
    drawDeep = view.value === 'deep' ? draw : undefined;
    document.querySelector('main').classList.toggle('deep', drawDeep !== undefined);
    if (drawDeep) { stage.replaceChildren(canvas); draw(at); }
    else flat();
    note.textContent = drawDeep ? 'Drag to turn the view, pinch to zoom; or use the arrow keys, + and −.' : '';
  };
  view.addEventListener('change', choose);
  views.hidden = false;
  choose();
}
play.addEventListener('click', () => setPlaying(!playing));
scrub.addEventListener('input', () => { setPlaying(false); show(Number(scrub.value)); });
show(0);
const begin = () => { if (!matchMedia('(prefers-reduced-motion: reduce)').matches) setPlaying(true); };
if (deep) showDeep().catch((error) => { note.textContent = 'Not in three dimensions: ' + error.message + '.'; }).then(begin);
else begin();
`;

/**
 * The first line of the head of a page that is one file: it loads nothing from anywhere, and runs none but these scripts, which
 * stand in it word for word, and those of these hashes. What somebody's text might bring into the page stays text.
 * @param known SHA-256 of more scripts, in base64
 * @param runsWasm whether they may make programs of WebAssembly
 */
export function contentSecurityPolicy(
  scripts: readonly string[] = [],
  known: readonly string[] = [],
  runsWasm = false,
): string {
  const standing = scripts.map((script) => btoa(String.fromCharCode(...sha256(utf8ToBytes(script)))));
  const hashes = [...standing, ...known].map((hash) => ` 'sha256-${hash}'`);
  const policy = [
    "default-src 'none'",
    ...(hashes.length > 0 ? [`script-src${hashes.join('')}${runsWasm ? " 'wasm-unsafe-eval'" : ''}`] : []),
    // Drawings have styles of their own on every line.
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">`;
}
