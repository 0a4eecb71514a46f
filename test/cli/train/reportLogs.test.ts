import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { train } from '../../../agents/index.ts';
import { logToFiles, logToMlflow } from '../../../cli/index.ts';
import { temporaryFolder } from '../fixture/files.ts';

const folder = temporaryFolder('logs');
const settings = {
  env: 'SoftBandit-v0',
  agent: 'ppo',
  steps: 512,
  seed: 0,
  agentOptions: { horizon: 128 },
  evaluateEvery: 256,
  evaluateEpisodes: 2,
} as const;

/** What MLflow's REST API takes, kept in its order. */
async function listening(answer: (call: string) => [number, unknown]) {
  const calls: { readonly call: string; readonly body: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      const call = request.url!.replace('/api/2.0/mlflow/', '');
      calls.push({ call, body: JSON.parse(text) });
      const [status, content] = answer(call);
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof content === 'string' ? content : JSON.stringify(content));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { calls, uri, [Symbol.dispose]: () => server.close() };
}
const created = { run: { info: { run_id: 'r1' } } };

describe('logToFiles', () => {
  it('writes a row for each report, and refuses a folder that has a log', async () => {
    const mine = join(folder, 'mine');
    {
      using log = logToFiles(mine);
      (await train({ ...settings, onReport: log })).policy.dispose();
    }
    expect(readdirSync(mine).sort()).toEqual(['events.out.tfevents.0.oxbow', 'progress.csv', 'progress.jsonl']);
    const rows = readFileSync(join(mine, 'progress.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ step }) => step)).toEqual([128, 256, 384, 512]);
    expect(rows.map(({ evaluationReturn }) => typeof evaluationReturn)).toEqual([
      'undefined',
      'number',
      'undefined',
      'number',
    ]);
    expect(rows[0].episodes).toBeGreaterThan(0);
    expect(() => logToFiles(mine)).toThrow(
      /^logToFiles: .*progress.jsonl is there already, expected a folder without a log$/,
    );
    for (const name of ['progress.csv', 'events.out.tfevents.0.oxbow']) {
      const others = join(folder, name);
      mkdirSync(others);
      writeFileSync(join(others, name), 'mine');
      expect(() => logToFiles(others)).toThrow(`logToFiles: ${join(others, name)} is there already`);
      expect(readFileSync(join(others, name), 'utf8')).toBe('mine');
    }
    const gone = join(folder, 'gone');
    using log = logToFiles(gone);
    rmSync(gone, { recursive: true });
    expect(() => log({ step: 1, updates: 1, episodes: [] } as never)).toThrow(
      /^logToFiles: cannot write into .*gone: ENOENT[^\n]*$/,
    );
    expect(() => logToFiles('/proc/none')).toThrow(/^logToFiles: cannot write into \/proc\/none: /);
    expect(() => logToFiles('')).toThrow('logToFiles: folder: got "", expected the name of a folder');
  });

  it('may be closed twice, and says so of a report that comes later', () => {
    const log = logToFiles(join(folder, 'closed'));
    log[Symbol.dispose]();
    log[Symbol.dispose]();
    expect(() => log({ step: 1, updates: 1, episodes: [] } as never)).toThrow('logToFiles: the log is closed');
  });
});

describe('wrong calls are one line', () => {
  it.each([5, null, {}, undefined])('logToFiles(%j)', (wrong) => {
    expect(() => logToFiles(wrong as never)).toThrow(/^logToFiles: folder: got [^\n]*, expected a string$/);
  });

  it.each([undefined, {}, { step: Number.NaN, episodes: [] }, { step: 1, episodes: 5 }])('a report %j', (wrong) => {
    using log = logToFiles(join(folder, `wrong-${JSON.stringify(wrong)?.length}`));
    expect(() => log(wrong as never)).toThrow(/^logToFiles: report[^\n]*: got [^\n]*, expected [^\n]*$/);
  });

  it.each<[unknown, string]>([
    [{ uri: 5 }, 'logToMlflow: uri: got 5, expected a string'],
    [{ uri: 'nonsense' }, 'logToMlflow: uri: got "nonsense", expected the address of a server'],
    [{ uri: 'file:///tmp/mlruns' }, 'logToMlflow: uri: got "file:///tmp/mlruns", expected the address of a server'],
    [{ params: null }, 'logToMlflow: params: got null, expected an object'],
    [{ nmae: 'x' }, 'logToMlflow: unknown option "nmae"'],
    [null, 'logToMlflow: got null, expected an object of uri'],
    ['http://localhost:5000', 'logToMlflow: got "http://localhost:5000", expected an object of uri'],
  ])('logToMlflow(%j)', async (wrong, line) => {
    await expect(logToMlflow(wrong as never)).rejects.toThrow(line);
  });

  it('a report without a step for MLflow', async () => {
    using server = await listening((call) => [200, call === 'runs/create' ? created : {}]);
    await using log = await logToMlflow({ uri: server.uri });
    await expect(async () => log({ episodes: [] } as never)).rejects.toThrow(
      /^logToMlflow: report\.step: got undefined, expected [^\n]*$/,
    );
  });

  it('of parameters that JSON cannot hold MLflow gets a text', async () => {
    using server = await listening((call) => [200, call === 'runs/create' ? created : {}]);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    await (await logToMlflow({ uri: server.uri, params: { circle, big: 5n } })).finish();
    const params = server.calls[1]!.body.params as { value: unknown }[];
    expect(params.map(({ value }) => typeof value)).toEqual(['string', 'string']);
  });
});

describe('logToMlflow', () => {
  it('makes a run with parameters, a step of metrics for each report, and ends it', async () => {
    using server = await listening((call) => [200, call === 'runs/create' ? created : {}]);
    {
      await using log = await logToMlflow({ uri: server.uri, name: 'bandit', params: settings });
      (await train({ ...settings, onReport: log })).policy.dispose();
      await log.finish();
    }
    const [create, params, ...rest] = server.calls;
    expect(create).toMatchObject({ call: 'runs/create', body: { experiment_id: '0', run_name: 'bandit' } });
    expect(params!.body.params).toContainEqual({ key: 'agentOptions', value: '{"horizon":128}' });
    expect(params!.body.params).toContainEqual({ key: 'env', value: 'SoftBandit-v0' });
    const metrics = rest.slice(0, -1).map(({ body }) => body.metrics as { key: string; value: number; step: number }[]);
    expect(metrics.map(([first]) => first!.step)).toEqual([128, 256, 384, 512]);
    expect(metrics.every((batch) => batch.every(({ key, value }) => key !== 'step' && Number.isFinite(value)))).toBe(
      true,
    );
    expect(metrics[1]!.some(({ key }) => key === 'evaluationReturn')).toBe(true);
    expect(rest.at(-1)).toMatchObject({ call: 'runs/update', body: { run_id: 'r1', status: 'FINISHED' } });
  });

  it('sends parameters by the hundred, which is what a request may have', async () => {
    using server = await listening((call) => [200, call === 'runs/create' ? created : {}]);
    const params = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`p${i}`, i]));
    await (await logToMlflow({ uri: server.uri, params })).finish();
    const batches = server.calls
      .filter(({ call }) => call === 'runs/log-batch')
      .map(({ body }) => body.params as { key: string }[]);
    expect(batches.map((batch) => batch.length)).toEqual([100, 100, 1]);
    expect(batches.flat().map(({ key }) => key)).toEqual(Object.keys(params));
  });

  it('says in one line what the server answers, and ends the run as a failure', async () => {
    using server = await listening((call) => (call === 'runs/create' ? [200, created] : [200, {}]));
    await expect(
      (async () => {
        await using log = await logToMlflow({ uri: server.uri });
        await train({
          ...settings,
          onReport: async (report) => {
            await log(report);
            throw new Error('enough');
          },
        });
      })(),
    ).rejects.toThrow('enough');
    expect(server.calls.at(-1)).toMatchObject({ call: 'runs/update', body: { status: 'FAILED' } });

    using refusing = await listening(() => [403, { error_code: 'PERMISSION_DENIED' }]);
    await expect(logToMlflow({ uri: refusing.uri })).rejects.toThrow(
      /^logToMlflow: runs\/create: http:.* answers 403 \{"error_code":"PERMISSION_DENIED"\}$/,
    );
    await expect(logToMlflow({ uri: 'http://127.0.0.1:9' })).rejects.toThrow(
      /^logToMlflow: cannot reach http:\/\/127.0.0.1:9: /,
    );
  });

  it.each([{}, null, '<!doctype html>', { run: {} }])(
    'says of a server that answers %j that it is none of MLflow',
    async (answer) => {
      using server = await listening(() => [200, answer]);
      await expect(logToMlflow({ uri: server.uri })).rejects.toThrow(
        /^logToMlflow: runs\/create: http:.* answers no run, expected a server of MLflow$/,
      );
    },
  );

  it('ends a run whose parameters or reports are refused, and throws the first error alone', async () => {
    using picky = await listening((call) => (call === 'runs/log-batch' ? [400, {}] : [200, created]));
    await expect(logToMlflow({ uri: picky.uri, params: settings })).rejects.toThrow('runs/log-batch: ');
    expect(picky.calls.at(-1)).toMatchObject({ call: 'runs/update', body: { run_id: 'r1', status: 'FAILED' } });

    let away = false;
    using leaving = await listening(() => (away ? [503, {}] : [200, created]));
    await expect(
      (async () => {
        await using log = await logToMlflow({ uri: leaving.uri });
        away = true;
        await train({ ...settings, onReport: log });
      })(),
    ).rejects.toThrow(/^logToMlflow: runs\/log-batch: /);
  });
});
