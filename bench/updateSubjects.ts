import { z } from 'zod';
import type { Agent, TrainReport } from '../agents/agent.ts';
import { OfflineReplay, offlineOptions } from '../agents/core/offline.ts';
import type { Transitions } from '../agents/core/replay.ts';
import { Fql, Iql, Td3Bc } from '../agents/index.ts';
import { type EpisodeSource, EpisodesInMemory } from '../datasets/index.ts';
import { Box } from '../envs/index.ts';
import { type Module, makePolicy, type Policy, Rng } from '../src/index.ts';
import { largestDifference } from './matchingSubjects.ts';
import type { Row } from './rows.ts';
import type { Subject } from './subjects.ts';

/** A Hopper's. */
const OBSERVATION = 11;
const ACTION = 3;
/** How many updates are compared: of those that move the policy seldom, some do. */
const COMPARED = 8;

interface Parts {
  readonly policy: Policy;
  readonly dataset: EpisodeSource;
  readonly rng: Rng;
  readonly batchSize: number;
  readonly criticHidden: number[];
  readonly reportEvery: number;
}

interface UpdatedAgent {
  readonly policy: 'implicit' | 'gaussian';
  readonly policyOptions: object;
  /** The agent, and the networks that a twin starts from beside the policy. */
  make(parts: Parts): readonly [Agent<TrainReport & { readonly [figure: string]: unknown }>, readonly Module[]];
  readonly figures: readonly string[];
  /** The numbers of noise that an update draws for each row, in their order: by their name, how many, and of which law. */
  readonly draws: readonly (readonly [string, number, 'normal' | 'uniform'])[];
}

/** Agents that learn from data, with networks of one width throughout; all else by default. */
const AGENTS = {
  fql: {
    policy: 'implicit',
    policyOptions: {},
    make(parts) {
      const agent = new Fql({ ...parts, behaviorHidden: parts.criticHidden });
      return [agent as never, [agent.behavior, agent.critics]];
    },
    figures: ['policyLoss', 'distillationLoss', 'behaviorLoss', 'criticLoss', 'actionValue'],
    draws: [
      ['next', ACTION, 'normal'],
      ['noise', ACTION, 'normal'],
      ['times', 1, 'uniform'],
      ['carried', ACTION, 'normal'],
    ],
  },
  iql: {
    policy: 'gaussian',
    policyOptions: { scale: 'state' },
    make(parts) {
      const agent = new Iql(parts);
      return [agent as never, [agent.critics, agent.values]];
    },
    figures: ['policyLoss', 'valueLoss', 'criticLoss', 'actionValue', 'value'],
    draws: [],
  },
  'td3-bc': {
    policy: 'gaussian',
    policyOptions: { squash: 'tanh', scale: 'fixed' },
    make(parts) {
      const agent = new Td3Bc({ ...parts, normalizeObservations: false });
      return [agent as never, [agent.critics]];
    },
    figures: ['policyLoss', 'cloningLoss', 'criticLoss', 'actionValue'],
    draws: [['next', ACTION, 'normal']],
  },
} satisfies Record<string, UpdatedAgent>;

type UpdatedAgentName = keyof typeof AGENTS;

export const UPDATED_AGENTS = Object.keys(AGENTS) as UpdatedAgentName[];

/** Widths of two hidden layers of all networks. */
const UPDATE_WIDTHS = [64, 256];

/** One update of an agent that learns from data, as its training makes it: a minibatch is drawn, and everything learns from it. */
export function agentUpdate(name: UpdatedAgentName, width: number, batch: number): Subject {
  const rng = new Rng('bench');
  const { policy: kind, policyOptions, make, figures, draws }: UpdatedAgent = AGENTS[name];
  const dataset = randomData(rng.split('data'));
  const hidden = [width, width];
  const { observationSpace, actionSpace } = dataset;
  const policy = makePolicy<string>(kind, {
    ...{ observationSpace, actionSpace, hidden, activation: 'relu', rng: rng.split('policy') },
    ...policyOptions,
  });
  const parts = { policy, dataset, rng: rng.split('agent'), batchSize: batch, criticHidden: hidden, reportEvery: 1 };
  const [agent, others] = make(parts);
  const training = rng.split('training');
  const inputs = {
    parameters: [policy, ...others]
      .flatMap((module) => module.trainableVariables())
      .map((variable) => [...variable.dataSync()]),
    data: { batches: drawnBatches(parts, draws, training) },
  };
  const reports = agent.train({ steps: Number.MAX_SAFE_INTEGER, rng: training });
  const next = async () => (await reports.next()).value!;
  const losses = async () => {
    const shown: number[] = [];
    for (let i = 0; i < COMPARED; i++) {
      const report = await next();
      shown.push(
        ...figures.map((figure) => report[figure] as number | undefined).filter((value) => value !== undefined),
      );
    }
    return shown;
  };
  return {
    run: async () => (await next()).criticLoss as number,
    inputs,
    show: async () => ({ losses: await losses() }),
    difference: async ({ losses: theirs }) => largestDifference(await losses(), theirs!),
    cost: () => undefined,
    dispose() {
      agent.dispose();
      policy.dispose();
    },
  };
}

/** Eight episodes of 256 steps of numbers that mean nothing. */
function randomData(rng: Rng): EpisodeSource {
  const steps = 256;
  const episodes = Array.from({ length: 8 }, (_, i) => {
    const terminations = new Uint8Array(steps);
    const truncations = new Uint8Array(steps);
    (i % 2 === 0 ? terminations : truncations)[steps - 1] = 1;
    return {
      observations: rng.fillNormal(new Float32Array((steps + 1) * OBSERVATION)),
      actions: rng.fillUniform(new Float32Array(steps * ACTION)).map((u) => 1.8 * u - 0.9),
      rewards: rng.fillNormal(new Float32Array(steps)),
      terminations,
      truncations,
    };
  });
  return new EpisodesInMemory({
    observationSpace: new Box({ low: -Infinity, high: Infinity, shape: [OBSERVATION] }),
    actionSpace: new Box({ low: -1, high: 1, shape: [ACTION] }),
    episodes,
  });
}

/** The first minibatches of a training and what its updates draw, by streams of their own that are as its. */
function drawnBatches({ policy, dataset, rng, batchSize }: Parts, draws: UpdatedAgent['draws'], training: Rng) {
  const config = z.object(offlineOptions).parse({ policy, dataset, rng, batchSize });
  const replay = new OfflineReplay('bench', config, undefined);
  const [ofReplay, ofUpdates] = [training.split('replay'), training.split('updates')];
  return Array.from({ length: COMPARED }, () => {
    const rows = replay.sample(ofReplay);
    const columns = Object.keys(rows) as (keyof Transitions)[];
    const drawn = draws.map(([name, count, law]) => {
      const numbers = new Float32Array(batchSize * count);
      return [name, [...(law === 'normal' ? ofUpdates.fillNormal(numbers) : ofUpdates.fillUniform(numbers))]];
    });
    return {
      ...Object.fromEntries(columns.map((column) => [column, [...rows[column]!]])),
      draws: Object.fromEntries(drawn),
    };
  });
}

/** Whole updates of agents that learn from data, of the agents' own batch size: `fql-update/64-64`. */
export const UPDATE_ROWS: readonly Row[] = UPDATED_AGENTS.flatMap((agent) =>
  UPDATE_WIDTHS.map((width) => ({
    name: `${agent}-update/${width}-${width}`,
    trains: true,
    batches: [256],
    make: (batch: number) => agentUpdate(agent, width, batch),
  })),
);
