/** `npm run docs:options`: writes `docs/options.md`, the site's page of every option, from the schemas. The site's build calls it. */
import { join } from 'node:path';
import { z } from 'zod';
import { writeWholeFile } from '../src/files.ts';
import { flowSizes } from '../src/flows/flowDefinition.ts';
import { commonPolicyOptions } from '../src/index.ts';
import { listOptions, type OptionRow } from '../src/options/list.ts';
import { inventory, type Owner } from './optionsInventory.ts';

const { agents, policies, flows, environments, experiments } = await inventory();
const [train, ...others] = experiments;
const page = [
  '# Options',
  'Every option with its type, default, unit and meaning, as `oxbow list agents ppo`, `oxbow list policies spline`, ' +
    '`oxbow list envs Lake-v0` and `oxbow list lake` print them. A `Rate` is a number, `{ linear: [first, last] }`, or a function of the ' +
    'share of the training that is done, from 0 to 1.',
  '## Agents',
  ...agents.flatMap((owner) => section(owner.name, owner)),
  '## Policies',
  "`makePolicy(name, { env, rng, … })` takes the options of every policy and the policy's own.",
  ...section('Every policy', { schema: z.strictObject(commonPolicyOptions) }),
  ...policies.flatMap((owner) => section(owner.name, owner, z.strictObject(commonPolicyOptions))),
  '## Flows',
  "A flow's function takes the options of every flow and the family's own. The names are those of `builtinFlows`.",
  ...section('Every flow', { schema: flowSizes }),
  ...flows.flatMap(({ name, call, description, schema }) =>
    section(`Flow ${name}`, { description: `\`${call}{ … })\`: ${description}`, schema }, flowSizes),
  ),
  '## Environments',
  '`make(id, { … })` and `makeVec` take them, and `oxbow train … --set env.stride=0.3`.',
  ...environments.flatMap((owner) => section(owner.name, owner)),
  '## Experiments',
  'Settings of `oxbow train` and `oxbow run`, by `--set name=value` or in a file of `--config`. A training also has the options of its ' +
    'agent as `agent.…` and of its policy as `policy.…`.',
  ...section('oxbow train', train!),
  ...others.flatMap((owner) => section(owner.name, owner)),
];
writeWholeFile(join(import.meta.dirname, '../docs/options.md'), `${page.join('\n\n')}\n`);

/** @param common options that another section lists */
function section(
  heading: string,
  { description, schema }: Pick<Owner, 'description' | 'schema'>,
  common: z.ZodObject = z.strictObject({}),
): string[] {
  const listed = listOptions(common).map(tableRow);
  const rows = listOptions(schema)
    .map(tableRow)
    .filter((row) => !listed.includes(row));
  return [
    `### ${heading}`,
    ...(description === undefined ? [] : [sentence(description)]),
    rows.length === 0
      ? 'No options of its own.'
      : ['| option | meaning | type | default | unit |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
  ];
}

function tableRow({ name, type, default: usual, unit, meaning }: OptionRow): string {
  const cells = [code(name), meaning.replaceAll('<', '&lt;'), code(type), code(usual), unit];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

function sentence(text: string): string {
  return `${text.replace(/^[a-z]/, (letter) => letter.toUpperCase()).replace(/\.$/, '')}.`;
}
