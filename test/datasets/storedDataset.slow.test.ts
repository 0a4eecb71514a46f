import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ContentHash, DatasetWriter, openDataset } from '../../datasets/index.ts';
import { finishDataset } from '../../datasets/storedDataset.ts';
import { fingerprint } from '../../src/index.ts';
import { about, actionSpace, episodes, folder, observationSpace, problemOf } from './fixture.ts';

/** A dataset of two files, of which the first has three episodes. */
function written(count = 7, settings = about()): string {
  const path = join(folder(), 'data');
  const writer = new DatasetWriter(path, settings, count);
  for (const [i, episode] of episodes(count).entries()) {
    writer.append(episode);
    if (i === 2) writer.flush();
  }
  writer.finish();
  return path;
}

/** Changes dataset.json with a checksum that fits. */
function edit(path: string, change: (index: Record<string, object[]>) => object): void {
  const file = join(path, 'dataset.json');
  const { format, version, sha256: _, ...content } = JSON.parse(readFileSync(file, 'utf8'));
  const changed = change(content);
  writeFileSync(file, JSON.stringify({ format, version, sha256: fingerprint(changed), ...changed }));
}

describe('a dataset', () => {
  test('is read as it was written, to the bit, as often as it is asked', async () => {
    const infos = ['distance', 'speed'];
    const path = join(folder(), 'data');
    const writer = new DatasetWriter(path, about({ infos }), 7);
    for (const episode of episodes(7, { infos })) writer.append(episode);
    const hash = writer.finish();
    const dataset = await openDataset(path);
    expect([...dataset.storedEpisodes()]).toEqual(episodes(7, { infos }));
    expect([...dataset.storedEpisodes()]).toHaveLength(7);
    expect(dataset).toMatchObject({ numEpisodes: 7, numSteps: 1 + 2 + 3 + 4 + 5 + 1 + 2, finished: true, hash });
    expect([String(dataset.observationSpace), String(dataset.actionSpace)]).toEqual([
      String(observationSpace),
      String(actionSpace),
    ]);
    expect(dataset.about).toEqual(about({ infos }));
    // Agents get float32.
    const [first] = dataset.episodes();
    expect(first!.rewards).toEqual(Float32Array.from(episodes(1, { infos })[0]!.rewards));
    expect(first!.actions).toBeInstanceOf(Float32Array);
  });

  test('keeps numbers beyond float32, which no agent learns as infinite', async () => {
    const path = join(folder(), 'data');
    const writer = new DatasetWriter(path, about(), 2);
    const [first, second] = episodes(2);
    writer.append(first!);
    writer.append({ ...second!, rewards: Float64Array.of(0, -1e39) });
    writer.finish();
    const dataset = await openDataset(path);
    expect([...dataset.storedEpisodes()][1]!.rewards).toEqual(Float64Array.of(0, -1e39));
    expect(await problemOf(path)).toMatch(/^data: episode 1: rewards: -1e\+39 is beyond/);
  });

  test('has a hash of what it holds, wherever files end and whatever it says of itself', () => {
    const digest = ContentHash.of(episodes(7));
    for (const path of [written(), written(7, about({ provenance: { seed: 1 } }))]) {
      expect(JSON.parse(readFileSync(join(path, 'dataset.json'), 'utf8')).hash).toBe(digest);
    }
    expect(ContentHash.of(episodes(7).reverse())).not.toBe(digest);
  });
});

describe('a dataset that is not finished', () => {
  /** As a kill leaves it: two episodes are in a file, a third one was not written yet. */
  function begun(): string {
    const path = join(folder(), 'data');
    const writer = new DatasetWriter(path, about(), 7);
    for (const [i, episode] of episodes(3).entries()) {
      writer.append(episode);
      if (i === 1) writer.flush();
    }
    return path;
  }

  test('is refused, or read as far as it is', async () => {
    const path = begun();
    expect(await problemOf(path)).toMatch(/^data: is not finished: it has 2 of 7 episodes/);
    const dataset = await openDataset(path, { unfinished: true });
    expect([...dataset.storedEpisodes()]).toEqual(episodes(2));
    expect(dataset.finished).toBe(false);
  });

  test('is gone on with: the episodes and their hash are those of one that was never stopped', async () => {
    const path = begun();
    const writer = new DatasetWriter(path, about(), 7);
    expect([writer.numEpisodes, writer.numSteps]).toEqual([2, 3]);
    for (const episode of episodes(7).slice(2)) writer.append(episode);
    writer.finish();
    const whole = await openDataset(written());
    const dataset = await openDataset(path);
    expect([...dataset.storedEpisodes()]).toEqual([...whole.storedEpisodes()]);
    expect(dataset).toMatchObject({ hash: (whole as unknown as { hash: string }).hash, numEpisodes: 7 });
  });

  test('is not gone on with by other settings', () => {
    const path = begun();
    const others = about({ provenance: { seed: 1 } });
    expect(() => new DatasetWriter(path, others, 7)).toThrow('(provenance.seed: 0 there, 1 here)');
    expect(() => new DatasetWriter(path, about(), 8)).toThrow('(planned: 7 there, 8 here)');
  });

  test('is finished with what is there; a file that a kill has left behind goes', async () => {
    const path = begun();
    copyFileSync(join(path, 'episodes-000000.bin'), join(path, 'episodes-000001.bin'));
    finishDataset(path);
    expect([...(await openDataset(path)).storedEpisodes()]).toEqual(episodes(2));
    expect(readdirSync(path).sort()).toEqual(['dataset.json', 'episodes-000000.bin']);
  });
});

test('the writer begins where a kill has left the first file half written, and leaves nothing of it', async () => {
  const path = folder();
  writeFileSync(join(path, '.oxbow-0123abcd.tmp'), '{');
  const writer = new DatasetWriter(path, about(), 2);
  for (const episode of episodes(2)) writer.append(episode);
  writeFileSync(join(path, 'episodes-000000.bin.0123abcd.tmp'), 'oxbow');
  const other = new DatasetWriter(path, about(), 2);
  for (const episode of episodes(2)) other.append(episode);
  other.finish();
  expect(readdirSync(path).sort()).toEqual(['dataset.json', 'episodes-000000.bin']);
  expect([...(await openDataset(path)).storedEpisodes()]).toEqual(episodes(2));
});

describe('the writer refuses', () => {
  test('a folder with a finished dataset, or with other files, and a file', () => {
    const path = written();
    expect(() => new DatasetWriter(path, about(), 7)).toThrow('holds a finished dataset');
    const other = folder();
    writeFileSync(join(other, 'notes.txt'), '');
    expect(() => new DatasetWriter(other, about(), 7)).toThrow('holds other files (notes.txt)');
    expect(() => new DatasetWriter(join(other, 'notes.txt'), about(), 7)).toThrow('is a file');
  });

  test('an episode with a number that is none, and stays as it is', async () => {
    const path = join(folder(), 'data');
    const writer = new DatasetWriter(path, about(), 2);
    expect(() => writer.finish()).toThrow('data: has no episode');
    const [first, second] = episodes(2);
    writer.append(first!);
    for (const [changes, problem] of [
      [{ rewards: Float64Array.of(0, Number.NaN) }, 'rewards: row 1 has NaN'],
      [{ observations: new Float32Array(4) }, 'observations: got 4 numbers, expected 3 × 2'],
      // Other formats would lose it.
      [{ truncations: Uint8Array.of(0, 2) }, 'truncations: row 1 has 2'],
    ] as const) {
      expect(() => writer.append({ ...second!, ...changes })).toThrow(`data: episode 1: ${problem}`);
    }
    writer.append(second!);
    writer.finish();
    expect([...(await openDataset(path)).storedEpisodes()]).toEqual(episodes(2));
  });

  test('numbers that the stored type does not hold, and infos that are missing', () => {
    const writer = (changes: Parameters<typeof about>[0]) =>
      new DatasetWriter(join(folder(), 'data'), about(changes), 1);
    const bytes = writer({ dtypes: { observations: 'uint8', actions: 'int32', rewards: 'float64' } });
    expect(() => bytes.append(episodes(1)[0]!)).toThrow(/observations: -?[\d.]+ is no uint8/);
    const [first] = episodes(1);
    const observations = Float64Array.from(first!.observations).with(1, 1e39);
    const floats = writer({ dtypes: { observations: 'float32', actions: 'float32', rewards: 'float64' } });
    expect(() => floats.append({ ...first!, observations })).toThrow('observations: 1e+39 is no float32');
    expect(() => writer({ infos: ['speed'] }).append(episodes(1)[0]!)).toThrow('episode 0: has no infos.speed');
  });
});

describe('one line says what is wrong with', () => {
  test('nothing, and a folder and a file that are none', async () => {
    const path = folder();
    expect(await problemOf(join(path, 'none'))).toBe('data: there is no such file or folder');
    expect(await problemOf(path)).toMatch(/^data: is no dataset/);
    writeFileSync(join(path, 'dataset.json'), '{}');
    expect(await problemOf(path)).toMatch(/^data\/dataset.json: is no dataset/);
    writeFileSync(join(path, 'dataset.json'), '');
    expect(await problemOf(path)).toMatch(/^data\/dataset.json: cannot be read/);
  });

  test('an index of another version, an edited one, and one that does not fit its schema or its files', async () => {
    const path = written();
    const file = join(path, 'dataset.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"version": 1', '"version": 2'));
    expect(await problemOf(path)).toMatch(/^data\/dataset.json: has version 2/);
    writeFileSync(file, text.replace('"numEpisodes": 7', '"numEpisodes": 8'));
    expect(await problemOf(path)).toMatch(/^data\/dataset.json: is damaged or was edited/);
    for (const [change, problem] of [
      [(index) => ({ ...index, numEpisodes: 7, planned: -1 }), /^data\/dataset.json: planned: got -1/],
      [(index) => ({ ...index, planned: 7, numSteps: 1e15 }), /^data\/dataset.json: its counts do not fit its shards/],
      [
        ({ shards, ...index }) => ({
          ...{ ...index, numSteps: 1e15 + 6 },
          shards: [shards![0], { ...shards![1], steps: 1e15 }],
        }),
        /^data\/episodes-000001.bin: has 12 steps/,
      ],
    ] as [Parameters<typeof edit>[1], RegExp][]) {
      edit(path, change);
      expect(await problemOf(path)).toMatch(problem);
    }
  });

  test('a link in its folder, which would lead out of it, and a pipe, which would never end', async () => {
    const secret = join(folder(), 'secret');
    writeFileSync(secret, 'theirs');
    for (const name of ['dataset.json', 'episodes-000001.bin', 'episodes-000002.bin']) {
      const path = written();
      const file = join(path, name);
      rmSync(file, { force: true });
      symlinkSync(secret, file);
      const problem = 'is a link or no file, expected files and folders alone: copy what it leads to';
      expect(await problemOf(path)).toBe(`data/${name} ${problem}`);
      expect(() => finishDataset(path)).toThrow(problem);
      rmSync(file);
      spawnSync('mkfifo', [file]);
      expect(await problemOf(path)).toBe(`data/${name} ${problem}`);
    }
    expect(readFileSync(secret, 'utf8')).toBe('theirs');
    // Where the folder itself lies is the reader's to say.
    const link = join(folder(), 'link');
    symlinkSync(written(), link);
    expect(await problemOf(link)).toBe('none');
  });

  test('a file of episodes that is empty, cut, another one, or has a bit flipped', async () => {
    const path = written();
    const file = join(path, 'episodes-000001.bin');
    const bytes = readFileSync(file);
    for (const changed of [
      bytes.subarray(0, 0),
      bytes.subarray(0, -1),
      bytes.map((byte, i) => (i === 100 ? byte ^ 1 : byte)),
      readFileSync(join(path, 'episodes-000000.bin')),
    ]) {
      writeFileSync(file, changed);
      expect(await problemOf(path)).toBe('data/episodes-000001.bin: is damaged: its checksum does not fit');
    }
    writeFileSync(file, bytes);
    expect(await problemOf(path)).toBe('none');
  });

  test('a file that another program has written with a checksum that fits', async () => {
    const path = written();
    const file = join(path, 'episodes-000001.bin');
    const bytes = readFileSync(file);
    const forge = async (content: Uint8Array): Promise<string> => {
      writeFileSync(file, content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      edit(path, ({ shards, ...index }) => ({ ...index, shards: [shards![0], { ...shards![1], sha256 }] }));
      return (await problemOf(path)).replace(/^data\/episodes-000001.bin: /, '');
    };
    expect(await forge(Buffer.from('PK'))).toMatch(/^is no file of episodes/);
    expect(await forge(bytes.subarray(0, 30))).toBe('is cut in its header');
    expect(await forge(bytes.subarray(0, -8))).toBe(`has ${bytes.length - 8} bytes, expected ${bytes.length}`);
    const text = bytes.toString('latin1');
    const replaced = (from: string, to: string) => Buffer.from(text.replace(from, to), 'latin1');
    expect(await forge(replaced('"steps"', '"stops"'))).toBe('its header is damaged');
    expect(await forge(replaced('[4,5,1,2]', '[4,5,1,0]'))).toBe('its header is damaged');
    expect(await forge(replaced('[4,5,1,2]', '[4,5,1,9]'))).toMatch(/^has \d+ bytes, expected \d+$/);
    expect(await forge(replaced('[4,5,1,2]', '[4,5,2,1]'))).toMatch(/^data: episode 5: ends at step 0 of 2/);
  });
});
