/** The lab of the lake and the page on which a flow learns a density, on the built site. */
import { gzipSync } from 'node:zlib';
import * as ort from 'onnxruntime-node';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actionDensity, type BoxSpace, policyFromJson, Rng, selectBackend } from '../../src/index.ts';
import { bothAre, reachesEveryControl, runShown, saved, shares, visitSite } from './visit.ts';

/** Bytes, compressed, of all that the lab loads; some 22,000 of them are the training that it opens on. */
const LARGEST_LAB = 590_000;
const { address, open } = visitSite();

const heading = (page: Page) => page.textContent('.heading');
const saves = (side: Locator, button: string) => saved(side.page(), side.getByRole('button', { name: button }));

/** The heading is of the study that was trained, and every number in it is one of those that are shown, in their order. */
async function headingIsTrue(page: Page): Promise<void> {
  const text = (await heading(page))!;
  const metric = /nats from the soft optimum/.test(text) ? 'kl' : /drowns in/.test(text) ? 'drowned' : 'home';
  expect([text, [...text.matchAll(/\d+\.\d+/g)].map(Number)]).toEqual([text, await shares(page, metric)]);
  for (const title of await page.$$eval('.side h3', (titles) => titles.map((each) => each.firstChild!.textContent!))) {
    expect(text).toContain(title.trim());
  }
}

/** Collects the states that sides go through from the next load of the page on. */
const watchStates = (page: Page) =>
  page.addInitScript(() => {
    const states: Record<string, true> = {};
    (window as unknown as { states: typeof states }).states = states;
    const look = () => {
      for (const { dataset } of document.querySelectorAll<HTMLElement>('.side')) states[dataset.state!] = true;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
const states = (page: Page) =>
  page.evaluate(() => Object.keys((window as unknown as { states: Record<string, true> }).states));

/** The samples in a side's table, number by number. */
const shownSamples = (side: Locator): Promise<number[]> =>
  side.locator('.samples data').evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLDataElement).value)));

/** Where a side's probe is, as its map says. */
async function probeOf(side: Locator): Promise<number[]> {
  const label = await side.locator('.map').getAttribute('aria-label');
  return /now at \((\S+), (\S+)\)/.exec(label!)!.slice(1).map(Number);
}

describe('the lake, once trained', () => {
  let visit: Awaited<ReturnType<typeof open>>;
  let page: Page;
  const tensors = [new Set<string>(), new Set<string>()];
  beforeAll(async () => {
    visit = await open('/lab.html#step=train');
    page = visit.page;
    await page.locator('.lab[data-step=train] .go').focus();
    await page.keyboard.press('Enter');
    for (let done = false; !done; await page.waitForTimeout(100)) {
      const sides = await page.$$eval('.side', (all) => all.map((side) => ({ ...(side as HTMLElement).dataset })));
      sides.forEach(({ tensors: count }, i) => tensors[i]!.add(count!));
      done = sides.every(({ state }) => state === 'done');
    }
  }, 180_000);
  afterAll(() => visit?.[Symbol.asyncDispose]());

  test('a Gaussian drowns and a spline flow does not, no tensor is lost on the way; a blocked bank changes the walks', async () => {
    const [gaussian, spline] = await shares(page, 'drowned');
    expect(gaussian).toBeGreaterThanOrEqual(20);
    expect(spline).toBeLessThanOrEqual(5);
    await expect.poll(() => shares(page, 'modes')).toEqual([1, 2]);
    const [ofGaussian, ofSpline] = await shares(page, 'negentropy');
    expect(Math.abs(ofGaussian!)).toBeLessThan(0.005);
    expect(ofSpline).toBeGreaterThan(0.1);
    await headingIsTrue(page);
    // None before the first report, then always as many.
    for (const counts of tensors) expect(counts.size).toBeLessThanOrEqual(2);
    const before = await shares(page, 'home');
    const banks = page.locator('select:has(option[value=upper])').last();
    await banks.selectOption('upper');
    await expect.poll(async () => (await shares(page, 'home')).every((value, i) => value < before[i]! - 15)).toBe(true);
    await headingIsTrue(page);
    expect(await heading(page)).toMatch(/^With the upper bank blocked, /);
    await banks.selectOption('none');
    let size = 0;
    for (const body of visit.loaded.values()) size += gzipSync((await body) ?? Buffer.alloc(0)).length;
    console.info(`the lab loads ${Math.round(size / 1000)} kB`);
    expect(size).toBeLessThan(LARGEST_LAB);
  }, 60_000);

  test('Tab reaches every control; arrow keys move the probe and the sliders; Enter opens the samples', async () => {
    await reachesEveryControl(page);
    const side = page.locator('.side[data-policy=spline]');
    await side.locator('.map').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowUp');
    expect(await probeOf(side)).toEqual([-1.45, 0.25]);
    await side.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await side.locator('table').isVisible()).toBe(true);
    await page.getByLabel('Back through the training').focus();
    await page.keyboard.press('Home');
    expect(await page.locator('.scrub output').textContent()).toBe('0 % of it');
    await page.keyboard.press('End');
    expect(await page.locator('.scrub output').textContent()).toBe('the newest weights');
  });

  test.each(['gaussian', 'spline'])(
    '%s: the ONNX file and the policy file make the samples that the page shows',
    async (policy) => {
      const side = page.locator(`.side[data-policy=${policy}]`);
      const [onnx, json] = [await saves(side, 'ONNX'), await saves(side, 'Policy file')];
      const [samples, probe] = [await shownSamples(side), await probeOf(side)];
      expect(new Set(samples).size).toBeGreaterThan(40);
      await selectBackend('cpu');
      const loaded = policyFromJson(json.toString()).policy;
      const density = actionDensity(loaded, probe);
      expect([...density.sample(new Rng('lab/probe'), [samples.length / 2]).dataSync()]).toEqual(samples);

      const session = await ort.InferenceSession.create(onnx);
      const { low, high } = loaded.config!.actionSpace as BoxSpace;
      const noise = new Rng('lab/probe').fillNormal(new Float32Array(samples.length));
      for (let i = 0; i < samples.length; i += 2) {
        const { action, latent } = await session.run({
          observations: new ort.Tensor('float32', Float32Array.from(probe), [1, 2]),
          noise0: new ort.Tensor('float32', noise.slice(i, i + 2), [1, 2]),
        });
        // The page shows them as they are drawn; the environment gets them within their bounds.
        for (const k of [0, 1]) {
          expect(latent!.data[k]).toBeCloseTo(samples[i + k]!, 4);
          expect(action!.data[k]).toBeCloseTo(Math.min(Math.max(samples[i + k]!, low[k]!), high[k]!), 4);
        }
      }
    },
  );

  test('a reload keeps what was trained: walks, weights of every moment, curve; so does the way to another page and back', async () => {
    await watchStates(page);
    await page.waitForSelector('.lab[data-kept=true]');
    const shown = async () => [await heading(page), await shares(page, 'home'), await shares(page, 'drowned')];
    const before = await shown();
    const curve = await page.locator('.curve svg').first().innerHTML();
    await page.reload();
    await page.waitForSelector('.lab[data-kept=true]');
    await bothAre(page, 'done');
    await expect.poll(shown).toEqual(before);
    // It was not trained again.
    expect(await states(page)).not.toContain('training');
    await expect.poll(() => page.locator('.curve svg').first().innerHTML()).toBe(curve);
    const slider = page.getByLabel('Back through the training');
    await slider.fill('0');
    await expect.poll(shown).not.toEqual(before);
    await slider.fill('100');
    // The same 1,000 walks, with the same weights.
    await expect.poll(shown).toEqual(before);
    await page.locator('.VPNavBar a', { hasText: 'Guide' }).click();
    await page.waitForURL('**/agents.html');
    await page.goBack();
    await bothAre(page, 'done');
    await expect.poll(shown).toEqual(before);
  }, 240_000);

  test('a policy file is shown under its own name, on its own lake, and one that is broken leaves what is there', async () => {
    const [left, right] = [page.locator('.side').nth(0), page.locator('.side').nth(1)];
    const buffer = await saves(right, 'Policy file');
    const choose = (name: string, content: Buffer) =>
      page.getByLabel('a policy file').setInputFiles({ name, mimeType: 'application/json', buffer: content });
    await choose('broken.json', buffer.subarray(0, 500));
    const alert = left.getByRole('alert').filter({ hasText: 'broken.json is no policy file' });
    await alert.waitFor();
    expect(await left.locator('h3').textContent()).toContain('Gaussian');
    await choose('spline.json', buffer);
    await left.getByText('from a file, few long strides').waitFor();
    expect(await left.locator('h3').textContent()).toContain('spline flow');
    // The same walks that the policy beside it had at the end of its training.
    await expect.poll(async () => new Set(await shares(page, 'drowned')).size).toBe(1);
    await headingIsTrue(page);
  }, 120_000);
});

test('policies over headings come nearer to the soft optimum, and the command below gives the same weights', async () => {
  await using visit = await open('/lab.html#study=soft');
  const { page, complaints } = visit;
  await page.click('.go');
  await page.waitForSelector('.side:nth-child(2) [data-metric=kl]');
  const first = await shares(page, 'kl');
  await bothAre(page, 'done');
  for (const [i, kl] of (await shares(page, 'kl')).entries()) expect(kl).toBeLessThan(0.5 * first[i]!);
  await headingIsTrue(page);
  const policies = ['gaussian', 'spline'];
  const weights: unknown[] = [];
  for (const policy of policies) {
    const json = await saves(page.locator(`.side[data-policy=${policy}]`), 'Policy file');
    weights.push(JSON.parse(json.toString()).variables);
  }
  expect(complaints).toEqual([]);
  using run = await runShown(page);
  const trained = policies.map(
    (policy) => run.read(`soft/LakeStride-v0/stride-1.3-tau-0.02/${policy}/seed-0/policy.json`).variables,
  );
  expect(weights).toEqual(trained);
}, 600_000);

describe('the story', () => {
  test('by the keyboard: the address says where one is, and the way back goes there', async () => {
    await using visit = await open('/lab.html');
    const { page, complaints } = visit;
    const maps = () =>
      page.$$eval('.side canvas', (all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
    const first = await maps();
    await expect.poll(async () => (await maps())[0]).not.toBe(first[0]);
    await page.click('.play');
    await page.waitForTimeout(1500);
    const stopped = await maps();
    await page.waitForTimeout(1000);
    expect(await maps()).toEqual(stopped);
    await page.locator('.onward').focus();
    const seen = [await heading(page)];
    for (const step of [1, 2, 3, 4, 5]) {
      await page.keyboard.press(step % 2 === 0 ? 'ArrowRight' : 'Enter');
      await page.waitForFunction((hash) => location.hash === hash, `#step=${step}`);
      expect(await page.locator('.steps [aria-current=step]').getAttribute('href')).toBe(`#step=${step}`);
      seen.push(await heading(page));
    }
    expect(new Set(seen).size).toBe(6);
    await page.keyboard.press('ArrowRight');
    await page.locator('.go').waitFor();
    for (const i of [5, 4, 3]) {
      await page.goBack();
      await expect.poll(() => heading(page)).toBe(seen[i]);
    }
    expect(complaints).toEqual([]);
  });
});

describe('the flow', () => {
  const state = (page: Page, name: string) => page.waitForSelector(`.lab[data-state=${name}]`, { timeout: 60_000 });
  /** A value, or where it is below what is shown, that. */
  const value = async (page: Page, name: string) =>
    Number((await page.locator(`[data-value=${name}]`).textContent())!.replace('< ', ''));

  test('trains by the keyboard, which reaches every control and moves the point that is followed', async () => {
    await using visit = await open('/flow-lab.html');
    const { page, complaints } = visit;
    await state(page, 'untrained');
    // At the origin, where N(0, I) has 1 / 2π and between the moons there is next to nothing.
    await page.locator('canvas[data-canvas=density]').hover();
    await expect.poll(() => value(page, 'flow-density')).toBeCloseTo(0.159, 2);
    await page.locator('.go').focus();
    await page.keyboard.press('Space');
    await state(page, 'trained');
    await expect.poll(() => value(page, 'flow-density')).toBeLessThan(0.1);
    expect(await value(page, 'data-density')).toBeLessThanOrEqual(0.001);
    await reachesEveryControl(page);
    await page.getByLabel('Position between the layers').focus();
    await page.keyboard.press('Home');
    expect(await page.locator('.through small').textContent()).toBe('noise');
    const canvas = page.locator('canvas[data-canvas=flow]');
    const before = await canvas.getAttribute('aria-label');
    await canvas.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => canvas.getAttribute('aria-label')).not.toBe(before);
    expect(complaints).toEqual([]);
  }, 120_000);
});

describe('what cannot be loaded or run is said, and what to do', () => {
  test.each([
    ['/flow-lab.html', '**/flow.worker-*', /could not be loaded\. .* reload the page\.$/],
    ['/flow-lab.html', '**/FlowLab.*.js', /^A part of this page could not be loaded/],
    ['/flow-lab.html', undefined, /^This browser does not run WebAssembly here/],
    ['/lab.html#step=train', '**/trainer.worker-*', /could not be loaded\. .* reload the page\.$/],
    ['/lab.html#step=train', '**/LakeLab.*.js', /^The lab could not be loaded: check that you are online/],
    ['/lab.html#step=train', undefined, /does not run WebAssembly here.*Try another browser, or allow it/],
  ])(
    '%s without %s',
    async (path, missing, said) => {
      await using visit = await open(undefined);
      const { page } = visit;
      if (missing === undefined) await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
      else await page.route(missing, (route) => route.abort());
      await page.goto(`${address}${path}`);
      if (path.startsWith('/lab') && !missing?.includes('LakeLab')) await page.click('.go');
      const alert = page.getByRole('alert').first();
      await alert.waitFor();
      expect(
        (
          await alert
            .locator('p')
            .first()
            .textContent()
            .catch(() => alert.textContent())
        )?.trim(),
      ).toMatch(said);
    },
    60_000,
  );
});
