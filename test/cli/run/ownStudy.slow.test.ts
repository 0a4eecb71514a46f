import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { registry } from '../../../cli/run/loadExperiment.ts';
import { temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbowOn } from '../fixture/oxbow.ts';

const folder = temporaryFolder('own-study');
const STUDY = 'test/cli/fixture/ownStudy.ts';

/** The command of the package, which knows no experiment by name. */
const oxbow = (...argv: string[]) => oxbowOn(registry, ...argv);

describe('an experiment of a file', () => {
  it('is run, in worker processes, and read and gone on with where --load names the file', async () => {
    const out = join(folder, 'run');
    const argv = ['run', STUDY, '--quick', '--study', 'plain', '--out', out];
    const cli = ['--import', 'tsx', 'cli/cli.ts', ...argv, '--seeds', '1'];
    const { status, stderr } = spawnSync(process.execPath, cli, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    jobsHere();
    expect((await oxbow(...argv)).stdout).toContain(`Continuing ${out}: 3 of 6 jobs have finished before.`);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(`oxbow run ${STUDY}`);
    const summary = readFileSync(join(out, 'summary.json'), 'utf8');
    expect((await oxbow('report', out, '--load', STUDY)).code).toBe(0);
    expect(readFileSync(join(out, 'summary.json'), 'utf8')).toBe(summary);
    expect((await oxbow('resume', out, '--load', STUDY)).stdout).toContain('6 of 6 jobs have finished before');
    expect(await oxbow('report', out)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'oxbow: experiment: got drift, expected a file that exports an experiment (oxbow run my-study.ts, elsewhere --load my-study.ts); ' +
        'the studies of the repository run in a clone of it: npm start\n',
    });
  });

  it.each([
    [
      'test/cli/fixture/registry.ts#drfit',
      'run: got test/cli/fixture/registry.ts#drfit, expected one of test/cli/fixture/registry.ts#drift',
    ],
    ['test/cli/fixture/none.ts', "run: got test/cli/fixture/none.ts, expected a module's file; there is none"],
    ['test/cli/fixture/seesaw.ts', 'run: test/cli/fixture/seesaw.ts exports no registry, and no experiment by default'],
  ])('%s: one line, code 2', async (what, line) => {
    const { code, stderr } = await oxbow('run', what, '--out', join(folder, 'none'));
    expect([code, stderr.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toContain(line);
  });
});
