import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadPolicy, type Policy } from '../../src/index.ts';
import { sha256 } from '../harness/checkedJson.ts';
import { readableConfig } from '../harness/config.ts';
import { firstLine } from '../harness/firstLine.ts';
import { InputError } from '../harness/inputError.ts';
import { loadExperiment } from '../harness/loadExperiment.ts';
import type { Registry } from '../harness/registry.ts';
import { RunDirectory } from '../harness/runDirectory.ts';
import { type AllowedCode, refusedModule } from './allowedCode.ts';

/** A policy that acts, and what a dataset says of it. */
export interface ActingPolicy {
  readonly policy: Policy | 'random';
  readonly about: {
    readonly name: string;
    /** As the command line names it. */
    readonly file?: string;
    /** Of the file. */
    readonly sha256?: string;
  };
}

/**
 * The policies that a word of a command line names: `random`, a file of a saved policy, or a run directory, whose jobs' policies it is.
 * @param label begins the errors: `--policy`
 * @throws InputError, one line
 */
export async function actingPolicies(
  label: string,
  name: string,
  registry: Registry,
  allowed: AllowedCode,
): Promise<readonly ActingPolicy[]> {
  if (name === 'random') return [{ policy: 'random', about: { name } }];
  if (!existsSync(name)) {
    throw new InputError(`${label}: got ${name}, expected random, a file of a saved policy or a run directory`);
  }
  if (!statSync(name).isDirectory()) return [loadFile(label, name)];
  const directory = RunDirectory.open(name);
  const { experiment: id, config } = directory.run;
  const refused = refusedModule(config, allowed);
  if (refused !== undefined) throw new InputError(`${label}: ${name}: ${refused}`);
  const experiment = await loadExperiment(registry, id, config, allowed);
  const readable = readableConfig(experiment, config, join(name, 'config.json'));
  const files = experiment.jobs(readable).map((job) => join(directory.jobPath(job), 'policy.json'));
  const found = files.filter((file) => existsSync(file));
  if (found.length === 0) throw new InputError(`${label}: ${name} has no trained policy yet`);
  return found.map((file) => loadFile(label, file));
}

function loadFile(label: string, file: string): ActingPolicy {
  try {
    const { policy } = loadPolicy(file);
    const name = policy.config?.name ?? policy.constructor.name;
    return { policy, about: { name, file, sha256: sha256(readFileSync(file)) } };
  } catch (error) {
    throw new InputError(`${label}: ${firstLine((error as Error).message)}`);
  }
}
