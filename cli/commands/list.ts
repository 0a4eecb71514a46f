import { z } from 'zod';
import { agentNamed, builtinAgents } from '../../agents/registry.ts';
import { envSchema, isUnloaded } from '../../envs/core/registry.ts';
import { make, registeredEnvs } from '../../envs/index.ts';
import { policies } from '../../src/index.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { listOptions } from '../../src/options/list.ts';
import { policySchema } from '../../src/policies/registry.ts';
import { InputError } from '../experiment/errors.ts';
import type { Registry } from '../experiment/experiment.ts';
import { textTable } from '../report/table.ts';
import { EXIT } from '../run/environment.ts';
import { experimentsOf, loadExperiment } from '../run/loadExperiment.ts';
import { PROGRAM } from '../terminal/commandLine.ts';
import { terminalWidth, wrapText } from '../terminal/wrapText.ts';
import { TRAIN } from '../train/allowedCode.ts';
import { loadAllEnvs, loadModules } from '../train/loadNamedEnv.ts';
import { commonTrainShape } from '../train/trainConfig.ts';
import type { CommandContext } from './options.ts';

const KINDS = ['experiments', 'envs', 'agents', 'policies', 'settings'] as const;

/** `oxbow list`: what the other commands may name, and the settings of one of them. */
export async function list(
  { registry }: CommandContext,
  what: string | undefined,
  name: string | undefined,
  { load }: { load: string[] },
): Promise<number> {
  const loaded = await Promise.all((await loadModules(load)).map(experimentsOf));
  const experiments = Object.assign({}, ...loaded, registry.experiments);
  process.stdout.write(`${await listing({ ...registry, experiments }, what, name)}\n`);
  return EXIT.ok;
}

async function listing(registry: Registry, what: string | undefined, name: string | undefined): Promise<string> {
  if (what === undefined) {
    const kinds = KINDS.filter((kind) => kind !== 'settings' && !(kind === 'experiments' && isEmpty(registry)));
    const all = kinds.map((kind) => listing(registry, kind, undefined));
    return (await Promise.all(all)).join('\n\n');
  }
  const experiments = Object.keys(registry.experiments);
  switch (what as (typeof KINDS)[number]) {
    case 'experiments':
      return name === undefined ? describeExperiments(registry) : experimentSettings(registry, name);
    case 'envs':
      return name === undefined ? describeEnvs() : envSettings(name);
    case 'agents':
      return agentSettings(name);
    case 'policies':
      return policySettings(name);
    case 'settings':
      if (name === TRAIN) return trainSettings();
      if (name !== undefined) return experimentSettings(registry, name);
      return (
        await Promise.all([trainSettings(), ...experiments.map((one) => experimentSettings(registry, one))])
      ).join('\n\n');
    default:
      if (experiments.includes(what)) return experimentSettings(registry, what);
      throw new InputError(`list: got ${what}, ${expectedOneOf(what, [...KINDS, ...experiments])}`);
  }
}

/** The settings of a schema, each with its meaning below it. */
function settingsText(title: string, schema: z.ZodType): string {
  const settings = listOptions(schema).map(({ name, type, default: usual, unit, meaning, names, codes = {} }) => {
    const named = names?.map((each) => (codes[each] === undefined ? each : `${each} (${codes[each]})`)).join(', ');
    const may = [
      `${named === undefined ? type : `list of ${named}`}${unit === '' ? '' : ` ${unit}`}`,
      ...(usual === '' ? [] : [`default ${usual === names?.join(',') ? 'all' : usual}`]),
    ];
    return [hanging(`${name}: `, may.join('; ')), ...(meaning === '' ? [] : [hanging('    ', meaning)])].join('\n');
  });
  return [title, ...settings].join('\n');
}

function isEmpty({ experiments }: Registry): boolean {
  return Object.keys(experiments).length === 0;
}

async function describeExperiments(registry: Registry): Promise<string> {
  if (isEmpty(registry)) {
    return 'Experiments of oxbow run: those that a file exports, oxbow run my-study.ts. The studies of the repository run in a clone of it: npm start';
  }
  const experiments = await Promise.all(
    Object.keys(registry.experiments).map(async (name) => {
      const { description, choices } = await loadExperiment(registry, name);
      return (
        `${hanging(`  ${name}: `, description)}\n` +
        `${hanging('    studies       ', choices.studies.join(', '))}\n` +
        `${hanging('    environments  ', choices.environments.join(', '))}\n` +
        `${hanging('    policies      ', choices.policies.join(', '))}\n` +
        `    settings      ${PROGRAM} list ${name}`
      );
    }),
  );
  return ['Experiments of oxbow run:', ...experiments].join('\n');
}

/** The settings that all trainings have. */
function trainSettings(): string {
  const table = settingsText('Settings of oxbow train', z.strictObject(commonTrainShape));
  return `${table}\n\nThose of agents and policies: ${PROGRAM} list agents <agent>, ${PROGRAM} list policies <policy>`;
}

async function experimentSettings(registry: Registry, name: string): Promise<string> {
  const experiment = await loadExperiment(registry, name);
  const lines = Object.entries(experiment.steps).map(
    ([study, field]) => `\n--steps sets ${field} in the study ${study}`,
  );
  const [example = 'seeds'] = Object.values(experiment.steps);
  return `${settingsText(`Settings of ${name}`, experiment.schema)}\n${lines.join('')}\n\nTo set one: ${PROGRAM} run ${name} --set ${example}=…`;
}

async function describeEnvs(): Promise<string> {
  const missing = await loadAllEnvs();
  const ids = registeredEnvs().filter((id) => !isUnloaded(id));
  const rows = ids.map((id) => {
    const env = make(id, { disableEnvChecker: true });
    const { observationSpace, actionSpace, spec } = env;
    env.close();
    return [id, String(observationSpace), String(actionSpace), spec?.maxEpisodeSteps?.toString() ?? '–'];
  });
  const columns = ['id', 'observations', 'actions', 'steps of an episode'];
  const title = 'Environments of oxbow train; oxbow list envs <id> shows options:';
  const foreign = hanging('gymnasium:<id>  ', "any environment of Python's Gymnasium: docs/environments.md");
  const lines = missing.map((problem) => hanging('', problem));
  return [textTable({ title, columns, rows }, terminalWidth()), foreign, ...lines].join('\n');
}

async function envSettings(id: string): Promise<string> {
  await loadAllEnvs();
  const ids = registeredEnvs();
  if (!ids.includes(id)) throw new InputError(`list envs: got ${id}, ${expectedOneOf(id, ids)}`);
  const schema = envSchema(id);
  if (schema === undefined) return `${id} is registered without a schema, which would say what options it has.`;
  const [first] = listOptions(schema);
  if (first === undefined) return `${id} has no options.`;
  return `${settingsText(`Options of ${id}`, schema)}\n\nTo set one: ${PROGRAM} train ${id} … --set env.${first.name}=…`;
}

function agentSettings(name: string | undefined): string {
  const names = Object.keys(builtinAgents);
  if (name === undefined) {
    const lines = Object.entries(builtinAgents).map(([agent, { description }]) => hanging(`  ${agent}: `, description));
    return ['Agents of oxbow train; oxbow list agents <agent> shows settings:', ...lines].join('\n');
  }
  if (!names.includes(name)) throw new InputError(`list agents: got ${name}, ${expectedOneOf(name, names)}`);
  const table = settingsText(`Settings of ${name}`, agentNamed(name)!.settings);
  return `${table}\n\nTo set one: ${PROGRAM} train … --set agent.gamma=0.9`;
}

/** The registered policies, or the options of one. */
function policySettings(name: string | undefined): string {
  const known = policies();
  const names = known.map((policy) => policy.name);
  if (name !== undefined) {
    if (!names.includes(name)) throw new InputError(`list policies: got ${name}, ${expectedOneOf(name, names)}`);
    const { description } = known.find((policy) => policy.name === name)!;
    const table = settingsText(`Options of ${name}: ${description}`, policySchema(name)!);
    return `${table}\n\nTo set one: makePolicy('${name}', { … }), or ${PROGRAM} train … --set policy.hidden=64,64`;
  }
  const lines = known.map(({ name, description }) => hanging(`  ${name}: `, description));
  return ['Policies of makePolicy; oxbow list policies <policy> shows options:', ...lines].join('\n');
}

/** Text that goes on below its own beginning, behind a label: `  ppo: proximal …`. */
function hanging(label: string, text: string): string {
  return wrapText(text, terminalWidth() - label.length)
    .map((line, i) => (i === 0 ? label : ' '.repeat(label.length)) + line)
    .join('\n');
}
