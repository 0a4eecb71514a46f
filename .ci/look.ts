/**
 * Looks at the report of a run as its readers do, in Chromium: `tsx .ci/look.ts RUN_DIRECTORY`: on a phone, a tablet and a
 * desk, in the light and in the dark, and on paper. Leaves screenshots and a PDF beside the report.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { wcagContrast } from 'culori';
import type { Browser, Page } from 'playwright-core';
import { startChromium } from '../scripts/chromium.ts';

/** Bytes of a whole report. */
const MAX_SIZE = 3_000_000;
/** CSS pixels of the smallest text in a figure. */
const MIN_TEXT = 10;
/** WCAG's contrast of text (AA). */
const MIN_CONTRAST = 4.5;
/** CSS pixels across a sheet of A4 between its margins. */
const PAPER_WIDTH = 718;
/** A desk's screen, and how many of it the report has while details are folded; the first page is one. */
const SCREEN = { width: 1280, height: 800 };
const MAX_SCREENS = 12;
/** Sheets of A4 while details are folded. */
const MAX_SHEETS = 15;

const [path] = process.argv.slice(2);
const report = path === undefined ? undefined : resolve(path, 'report.html');
if (report === undefined || !existsSync(report)) {
  console.error(`look: expected a run directory with a report.html, got ${path ?? 'nothing'}`);
  process.exit(2);
}
const beside = (file: string) => join(resolve(path!), file);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let [passed, failed] = [0, 0];
function check(what: string, problems: readonly string[]): void {
  if (problems.length === 0) passed++;
  else {
    failed++;
    console.log(`FAIL ${what}: ${[...new Set(problems)].slice(0, 8).join('; ')}`);
  }
}

const size = statSync(report).size;
check('the report is small', size < MAX_SIZE ? [] : [`${size} bytes, expected fewer than ${MAX_SIZE}`]);

const browser = await startChromium();
try {
  for (const width of [320, 390, 820, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) await look(browser, width, colorScheme);
  }
  await measure(browser);
  await follow(browser);
  await print(browser);
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function look(browser: Browser, width: number, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const { errors, requests } = await open(page);
  const at = `at ${width} px, ${colorScheme}`;
  check(`no console message ${at}`, errors);
  check(`nothing is loaded ${at}`, requests);
  check(`the page is no wider than the screen while details are folded ${at}`, (await page.evaluate(inspect)).wide);
  await page.screenshot({ path: beside(`report-${width}-${colorScheme}.png`), fullPage: true });

  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  const found = await page.evaluate(inspect);
  check(`there are figures ${at}`, found.figures > 0 ? [] : ['no <figure>']);
  check(`every figure is drawn ${at}`, found.empty);
  check(`every figure has a caption ${at}`, found.uncaptioned);
  check(`figures and tables are numbered as they stand ${at}`, found.misnumbered);
  check(`every drawing has a name, and no part of one is read without ${at}`, found.unnamed);
  check(`there are filled tables ${at}`, found.tables.some((rows) => rows > 0) ? [] : ['none']);
  check(`the page is no wider than the screen ${at}`, found.wide);
  check(`no column beside the figures is empty ${at}`, found.emptyColumns);
  check(`no value is missing in the text ${at}`, found.garbage);
  check(`no id is there twice ${at}`, found.duplicateIds);
  check(
    `text in figures is large enough ${at}`,
    found.texts
      .filter(({ size }) => size < MIN_TEXT - 0.01)
      .map(({ text, size }) => `'${text}' has ${size.toFixed(1)} px`),
  );
  check(
    `text in figures stands out ${at}`,
    found.texts
      .filter(({ colour }) => wcagContrast(colour, found.background) < MIN_CONTRAST)
      .map(({ text, colour }) => `'${text}' is ${colour} on ${found.background}`),
  );
  const isDark = wcagContrast(found.background, 'black') < wcagContrast(found.background, 'white');
  check(`the page is ${colorScheme} ${at}`, isDark === (colorScheme === 'dark') ? [] : [`it is ${found.background}`]);

  // Its rules do not depend on the width, and it is slow.
  if (width === 390) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    check(
      `axe finds nothing ${at}`,
      violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.length}: ${nodes[0]?.html.slice(0, 90)})`),
    );
  }
  await page.close();
}

/** How long the report is while details are folded. */
async function measure(browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: SCREEN });
  await open(page);
  const { first, whole } = await page.evaluate(() => ({
    first: document.querySelector('#summary')!.getBoundingClientRect().bottom,
    whole: document.documentElement.scrollHeight,
  }));
  const screens = whole / SCREEN.height;
  console.log(`first page ${first.toFixed(0)} px, ${screens.toFixed(1)} screens`);
  check('the first page is one screen', first <= SCREEN.height ? [] : [`it ends at ${first.toFixed(0)} px`]);
  check('the report is short', screens <= MAX_SCREENS ? [] : [`${screens.toFixed(1)} screens`]);
  await page.close();
}

/** That links lead somewhere, and open what is folded there; and that all can be shown at once. */
async function follow(browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: SCREEN });
  await open(page);
  const dead = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')]
      .map((link) => link.getAttribute('href')!)
      .filter((href) => document.getElementById(href.slice(1)) === null),
  );
  check('every link leads to a place of the page', dead);
  const inside = await page.evaluate(() =>
    [...document.querySelectorAll('details [id]')]
      .filter((element) => element.closest('svg') === null)
      .map(({ id }) => id),
  );
  const closed: string[] = [];
  for (const id of inside.slice(0, 5)) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, id);
    const isShown = await page.evaluate((at) => document.getElementById(at)!.closest('details')!.open, id);
    if (!isShown) closed.push(id);
  }
  check('there are details', inside.length > 0 ? [] : ['none']);
  check('a link into what is folded opens it', closed);
  // What an address leads to is open when it loads, too.
  await page.evaluate(() => history.replaceState(null, '', location.pathname));
  await page.reload();
  const height = () => page.evaluate(() => document.documentElement.scrollHeight);
  const before = await height();
  await page.check('#show-all');
  check('all details can be shown at once', (await height()) > before ? [] : [`${before} px as before`]);
  await page.close();
}

async function print(browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: { width: PAPER_WIDTH, height: 1000 }, colorScheme: 'dark' });
  await open(page);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const found = await page.evaluate(inspect);
  check('nothing is wider than a sheet of paper', found.wide);
  const showAll = (checked: boolean) =>
    page.evaluate((to) => {
      document.querySelector<HTMLInputElement>('#show-all')!.checked = to;
    }, checked);
  await showAll(true);
  check('nothing is wider than a sheet of paper where all is shown', (await page.evaluate(inspect)).wide);
  await showAll(false);
  check('paper is white', wcagContrast(found.background, 'white') === 1 ? [] : [`it is ${found.background}`]);
  check(
    'text in figures stands out on paper',
    found.texts
      .filter(({ colour }) => wcagContrast(colour, 'white') < MIN_CONTRAST)
      .map(({ text, colour }) => `'${text}' is ${colour}`),
  );
  const pdf = await page.pdf({ path: beside('report.pdf'), preferCSSPageSize: true });
  const sheets = pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
  console.log(`${sheets} sheets`);
  check('the report on paper is short', sheets > 0 && sheets <= MAX_SHEETS ? [] : [`${sheets} sheets`]);
  await page.close();
}

async function open(page: Page): Promise<{ errors: string[]; requests: string[] }> {
  const [errors, requests]: [string[], string[]] = [[], []];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  const url = pathToFileURL(report!).href;
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url());
  });
  // tsx names the functions it compiles by this helper, those that are sent to the page too.
  await page.addInitScript('globalThis.__name = (of) => of');
  await page.goto(url, { waitUntil: 'load' });
  return { errors, requests };
}

/** Runs in the page. */
function inspect() {
  const all = <E extends Element>(selector: string) => [...document.querySelectorAll<E>(selector)];
  const nameOf = (element: Element) => element.closest('figure')?.querySelector('figcaption')?.textContent ?? '';
  const figures = all('figure');
  const drawings = all<SVGSVGElement>('figure svg[role="img"]');
  const empty = figures.filter((figure) => {
    const svgs = [...figure.querySelectorAll('svg[role="img"]')];
    return (
      svgs.length === 0 ||
      svgs.some((svg) => {
        const { width, height } = svg.getBoundingClientRect();
        return width < 50 || height < 30 || svg.querySelector('path[d], circle, rect, line, text, image') === null;
      })
    );
  });
  const unnamed = [
    ...drawings.filter((svg) => !svg.getAttribute('aria-label')?.trim()),
    ...all('figure svg [role], figure svg [aria-label]'),
    ...all('figure svg:not([role="img"]):not([aria-hidden="true"])').filter(
      (svg) => svg.parentElement?.closest('svg') === null,
    ),
  ];
  const root = document.documentElement;
  const scrolls = (element: Element) =>
    element.closest('.table') !== null && getComputedStyle(element.closest('.table')!).overflowX === 'auto';
  const wide = all('body *')
    .filter((element) => element.checkVisibility())
    .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1 && !scrolls(element))
    .map((element) => `${element.tagName.toLowerCase()} '${(element.textContent ?? '').trim().slice(0, 30)}'`);
  if (root.scrollWidth > root.clientWidth) wide.push(`${root.scrollWidth - root.clientWidth} px too wide`);
  const emptyColumns = all('.figures:not(.single)').filter((columns) => {
    const right = Math.max(...[...columns.children].map((child) => child.getBoundingClientRect().right));
    return columns.getBoundingClientRect().right - right > 40;
  });
  const ids = all('[id]').map(({ id }) => id);
  const misnumbered = (['Figure', 'Table'] as const).flatMap((kind) =>
    all(kind === 'Figure' ? 'figure[id] figcaption > b' : '.table[id] caption > b')
      .map((number) => number.textContent)
      .filter((text, i) => text !== `${kind} ${i + 1}.`),
  );
  return {
    background: getComputedStyle(document.body).backgroundColor,
    figures: figures.length,
    empty: empty.map(nameOf),
    uncaptioned: figures
      .filter((figure) => nameOf(figure).trim() === '')
      .map((figure) => figure.outerHTML.slice(0, 60)),
    misnumbered,
    unnamed: unnamed.map((element) => `${element.outerHTML.slice(0, 60)} in '${nameOf(element).slice(0, 40)}'`),
    tables: all<HTMLTableElement>('table').map((table) => table.tBodies[0]?.rows.length ?? 0),
    wide,
    emptyColumns: emptyColumns.map((columns) => `beside '${columns.textContent?.trim().slice(0, 40)}'`),
    duplicateIds: ids.filter((id, i) => ids.indexOf(id) !== i),
    texts: all<SVGTextElement>('figure svg text').map((text) => ({
      text: text.textContent ?? '',
      size:
        Number.parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM()!.a, text.getScreenCTM()!.b),
      colour: getComputedStyle(text).fill,
    })),
    garbage: all('p, dd, td, th, li, figcaption, svg text')
      .map((element) => element.textContent ?? '')
      .filter((text) => /\b(?:NaN|undefined|null)\b|\[object /.test(text)),
  };
}
