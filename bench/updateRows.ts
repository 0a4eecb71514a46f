import type { Row } from './rows.ts';
import { agentUpdate, UPDATE_WIDTHS, UPDATED_AGENTS } from './updateSubjects.ts';

/** Whole updates of agents that learn from data, of the agents' own batch size: `fql-update/64-64`. */
export const UPDATE_ROWS: readonly Row[] = UPDATED_AGENTS.flatMap((agent) =>
  UPDATE_WIDTHS.map((width) => ({
    name: `${agent}-update/${width}-${width}`,
    trains: true,
    batches: [256],
    make: (batch: number) => agentUpdate(agent, width, batch),
  })),
);
