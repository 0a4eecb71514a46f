import { z } from 'zod';
import { flowSizes } from '../../src/flows/flowDefinition.ts';
import { commonPolicyOptions } from '../../src/index.ts';
import { listOptions, type OptionRow } from '../../src/options/list.ts';
import { inventory, type Owner } from './inventory.ts';

/** The page `docs/options.md`. */
export async function optionsPage(): Promise<string> {
  const { agents, policies, flows, environments, experiments } = await inventory();
  const [train, ...others] = experiments;
  return `${[
    '# Options',
    'Every option: what it may be, its default, its unit and its meaning. The schemas in the source say it once; editors show it where you ' +
      'write an option, errors end with it, and `oxbow list agents ppo`, `list policies spline`, `list envs Lake-v0` and `list lake` ' +
      'print it. This page is made from the same schemas.',
    'A `Rate` is a number, `{ linear: [first, last] }`, or a function of the share of the training that is done, from 0 to 1.',
    '## Agents',
    ...agents.flatMap((owner) => part(owner.name, owner)),
    '## Policies',
    "`makePolicy(name, { env, rng, … })` takes the options of every policy and the policy's own.",
    ...part('Every policy', { schema: z.strictObject(commonPolicyOptions) }),
    ...policies.flatMap((owner) => part(owner.name, owner, z.strictObject(commonPolicyOptions))),
    '## Flows',
    "A flow's function takes the options of every flow and the family's own. The names are those of `builtinFlows`.",
    ...part('Every flow', { schema: flowSizes }),
    ...flows.flatMap(({ name, call, description, schema }) =>
      part(`Flow ${name}`, { description: `\`${call}{ … })\`: ${description}`, schema }, flowSizes),
    ),
    '## Environments',
    '`make(id, { … })` and `makeVec` take them, and `oxbow train … --set env.stride=0.3`.',
    ...environments.flatMap((owner) => part(owner.name, owner)),
    '## Experiments',
    'Settings of `oxbow train` and `oxbow run`, by `--set name=value` or in a file of `--config`. Those of a training also have the ' +
      'options of its agent as `agent.…` and of its policy as `policy.…`.',
    ...part('oxbow train', train!),
    ...others.flatMap((owner) => part(owner.name, owner)),
  ].join('\n\n')}\n`;
}

/** @param common options that are said elsewhere */
function part(
  heading: string,
  { description, schema }: Pick<Owner, 'description' | 'schema'>,
  common?: z.ZodObject,
): string[] {
  const said = common === undefined ? [] : listOptions(common).map(tableRow);
  const rows = listOptions(schema)
    .map(tableRow)
    .filter((row) => !said.includes(row));
  return [
    `### ${heading}`,
    ...(description === undefined ? [] : [`${sentence(description)}`]),
    rows.length === 0
      ? 'No options of its own.'
      : ['| option | meaning | type | default | unit |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
  ];
}

function tableRow({ name, type, default: usual, unit, meaning }: OptionRow): string {
  const cells = [code(name), meaning.replaceAll('<', '&lt;'), code(type), code(usual), unit];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

const sentence = (text: string): string =>
  `${text.replace(/^[a-z]/, (letter) => letter.toUpperCase()).replace(/\.$/, '')}.`;
