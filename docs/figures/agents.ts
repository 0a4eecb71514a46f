import { type ActingAgentName, builtinAgents } from '../../agents/registry.ts';
import { themeColour } from '../../envs/drawing/palette.ts';
import { BOX_HEIGHT, BOX_WIDTH, Diagram } from './diagram.ts';
import { hue } from './picture.ts';
import { type Plot, sheet } from './plot.ts';

const WIDTH = 540;
/** Where the three columns of boxes begin. */
const [LEFT, MIDDLE, RIGHT] = [0, (WIDTH - BOX_WIDTH) / 2, WIDTH - BOX_WIDTH];
/** Where the rows of boxes begin. */
const [ACT, LEARN, BESIDE] = [0, 124, 248];
const [ACTING, LEARNING] = [hue(250), hue(45)];

export const label =
  'Two loops. On-policy: the environments give observations to the policy, which gives them actions; what happens goes into a rollout, of which the value function makes advantages, and with these the policy is updated. ' +
  'Off-policy: what happens goes into a replay buffer, from which critics learn with targets by their slow copies; the policy climbs the critics, with a temperature that holds its entropy. Below each, a table of which agent has which part.';

const NAMES: Readonly<Record<ActingAgentName, string>> = {
  ppo: 'PPO',
  fpo: 'FPO',
  reinflow: 'ReinFlow',
  a2c: 'A2C',
  reinforce: 'REINFORCE',
  sac: 'SAC',
  tqc: 'TQC',
  crossq: 'CrossQ',
  'soft-q-learning': 'Soft Q',
  meow: 'MEow',
  dsrl: 'DSRL',
  td3: 'TD3',
  dqn: 'DQN',
  'qr-dqn': 'QR-DQN',
};

/** A part that some agents have and others have not: those that have the option. */
interface Part {
  readonly head: readonly [string, string];
  readonly option: string;
}

const ON_POLICY: readonly Part[] = [
  { head: ['rollouts of', 'n steps'], option: 'horizon' },
  { head: ['whole', 'episodes'], option: 'episodesPerEnv' },
  { head: ['GAE', 'with λ'], option: 'lambda' },
  { head: ['several', 'passes'], option: 'epochs' },
  { head: ['clipped', 'ratio'], option: 'clip' },
  { head: ['bound', 'of KL'], option: 'targetKl' },
];
const OFF_POLICY: readonly Part[] = [
  { head: ['separate', 'critics'], option: 'critics' },
  { head: ['target', 'networks'], option: 'tau' },
  { head: ['entropy', 'in values'], option: 'temperature' },
  { head: ['learned', 'α'], option: 'targetEntropy' },
  { head: ['noise on', 'actions'], option: 'explorationNoise' },
  { head: ['ε-greedy', 'actions'], option: 'explorationFraction' },
];

const has = (agent: ActingAgentName, option: string): boolean => option in builtinAgents[agent].options.shape;

/** The agents that have a replay buffer, or those that have none. */
function agentsWith(replay: boolean): ActingAgentName[] {
  return (Object.keys(NAMES) as ActingAgentName[]).filter((agent) => has(agent, 'bufferSize') === replay);
}

/** Who acts where in the loop, and which parts each agent has by its options. */
export function draw(): string {
  return sheet(label, [
    [{ title: 'On-policy: learns from what the policy just did', plot: onPolicy() }],
    [{ title: 'Off-policy: learns from a replay of all that was done', plot: offPolicy() }],
  ]);
}

function onPolicy(): Plot {
  const agents = agentsWith(false);
  const table = LEARN + BOX_HEIGHT + 30;
  const diagram = new Diagram(WIDTH, table + heightOf(agents));
  acting(diagram, 'rollout', 'o, a, log π, r');
  diagram
    .box({ name: 'value function', what: 'V(o)', left: MIDDLE, top: LEARN })
    .box({ name: 'update', what: 'log π × advantage', left: RIGHT, top: LEARN });
  learning(diagram);
  return partsOf(agents, ON_POLICY, diagram, table);
}

function offPolicy(): Plot {
  const agents = agentsWith(true);
  const table = BESIDE + BOX_HEIGHT + 30;
  const diagram = new Diagram(WIDTH, table + heightOf(agents));
  acting(diagram, 'replay buffer', 'o, a, r, next o');
  diagram
    .box({ name: 'critics', what: 'Q(o, a)', left: MIDDLE, top: LEARN })
    .box({ name: 'update', what: 'climbs Q', left: RIGHT, top: LEARN })
    .box({ name: 'target networks', what: 'slow copies', left: MIDDLE, top: BESIDE })
    .box({ name: 'temperature α', what: 'weighs entropy', left: RIGHT, top: BESIDE });
  learning(diagram);
  const [above, below, between] = [LEARN + BOX_HEIGHT, BESIDE, (LEARN + BOX_HEIGHT + BESIDE) / 2];
  const [copy, target, weight] = [MIDDLE + 45, MIDDLE + BOX_WIDTH - 45, RIGHT + BOX_WIDTH / 2];
  diagram
    .arrow([copy, above], [copy, below], LEARNING)
    .arrow([target, below], [target, above], LEARNING)
    .note([copy - 8, between], 'share τ', 'end')
    .note([target + 8, between], 'r + γ V', 'start')
    .arrow([weight, below], [weight, above], LEARNING);
  return partsOf(agents, OFF_POLICY, diagram, table);
}

/** The loop of environments and policy, and where what happens goes. */
function acting(diagram: Diagram, memory: string, holds: string): void {
  const [out, back] = [ACT + 21, ACT + BOX_HEIGHT - 19];
  const down = LEFT + BOX_WIDTH / 2;
  diagram
    .box({ name: 'environments', what: 'step together', left: LEFT, top: ACT })
    .box({ name: 'policy', what: 'π(a | o)', left: RIGHT, top: ACT })
    .box({ name: memory, what: holds, left: LEFT, top: LEARN })
    .arrow([LEFT + BOX_WIDTH, out], [RIGHT, out], ACTING)
    .arrow([RIGHT, back], [LEFT + BOX_WIDTH, back], ACTING)
    .note([WIDTH / 2, out - 11], 'observations o')
    .note([WIDTH / 2, back + 12], 'actions a')
    .arrow([down, ACT + BOX_HEIGHT], [down, LEARN], ACTING)
    .note([down + 10, (ACT + BOX_HEIGHT + LEARN) / 2], 'rewards r, ends', 'start');
}

/** From the memory to the update, and back to the policy. */
function learning(diagram: Diagram): void {
  const [middle, up] = [LEARN + BOX_HEIGHT / 2, RIGHT + BOX_WIDTH / 2];
  diagram
    .arrow([LEFT + BOX_WIDTH, middle], [MIDDLE, middle], LEARNING)
    .arrow([MIDDLE + BOX_WIDTH, middle], [RIGHT, middle], LEARNING)
    .arrow([up, LEARN], [up, ACT + BOX_HEIGHT], LEARNING)
    .note([up - 10, (ACT + BOX_HEIGHT + LEARN) / 2], 'gradient step', 'end');
}

/** Pixels of a table's rows, its head, its first column, and below it. */
const [ROW, HEAD, FIRST, BELOW] = [24, 42, 100, 12];

function heightOf(agents: readonly ActingAgentName[]): number {
  return HEAD + ROW * agents.length + BELOW;
}

/** A row for each agent, with a dot where it has the part. */
function partsOf(agents: readonly ActingAgentName[], parts: readonly Part[], { plot }: Diagram, top: number): Plot {
  const column = (WIDTH - FIRST) / parts.length;
  const at = (i: number) => FIRST + (i + 0.5) * column;
  parts.forEach(({ head }, i) => {
    head.forEach((line, j) => plot.text([at(i), top + 8 + 17 * j], line, { size: 13 }));
  });
  agents.forEach((agent, row) => {
    const [from, y] = [top + HEAD + row * ROW, top + HEAD + (row + 0.5) * ROW];
    plot.lines(
      [
        [
          [0, from],
          [WIDTH, from],
        ],
      ],
      { stroke: themeColour('line'), width: 1 },
    );
    plot.text([0, y], NAMES[agent], { fill: themeColour('ink'), anchor: 'start' });
    const dots = parts.flatMap(({ option }, i) => (has(agent, option) ? [[at(i), y] as const] : []));
    plot.dots(dots, { fill: themeColour('ink'), radius: 4.5 });
  });
  return plot;
}
