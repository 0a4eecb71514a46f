import { ref, shallowReadonly, shallowRef } from 'vue';
import {
  type FlowData,
  type FlowReply,
  type FlowRequest,
  type FlowSetting,
  type FlowState,
  flowFromHash,
  usualFlowSetting,
} from './flowSetting.ts';
import { startWorker } from './pageProblem.ts';

/** Nothing is there yet; it is as it begins; it learns; it has learned. */
export type FlowPhase = 'empty' | 'untrained' | 'training' | 'trained';

/**
 * The flow of the page with its worker. It is one for as long as the page stays open: who goes to another page of the site and comes
 * back finds the training as far as it has come.
 */
const setting = shallowRef<FlowSetting>(usualFlowSetting);
const phase = ref<FlowPhase>('empty');
const data = shallowRef<FlowData>();
const state = shallowRef<FlowState>();
const reports = shallowRef<readonly { readonly step: number; readonly value: number }[]>([]);
/** Updates of the training that is shown. */
const steps = ref(0);
const problem = ref<string>();
let worker: Worker | undefined;

function send(request: FlowRequest): void {
  worker?.postMessage(request);
}

/** The flow of a setting as it begins, in place of what was there. */
function begin(next: FlowSetting): void {
  setting.value = next;
  [phase.value, reports.value, problem.value] = ['empty', [], undefined];
  worker?.terminate();
  worker = startWorker(
    () => new Worker(new URL('./flow.worker.ts', import.meta.url), { type: 'module' }),
    receive,
    fail,
  );
  send({ kind: 'show', setting: next });
}

function fail(text: string): void {
  problem.value = text;
  phase.value = phase.value === 'training' ? 'untrained' : phase.value;
}

/** Another choice begins anew; other updates alone wait for the next training. */
function choose(next: FlowSetting): void {
  const { steps: _, ...before } = setting.value;
  const { steps: __, ...after } = next;
  const isSame = JSON.stringify(before) === JSON.stringify(after);
  if (isSame && worker !== undefined) setting.value = next;
  else begin(next);
}

/** What the page's address asks for. A link of the site asks for nothing, and finds the page as it was. */
function open(hash: string): void {
  if (hash !== '' || worker === undefined) choose(flowFromHash(hash));
}

/** Begins anew where something has been learned, or has gone wrong halfway. */
function train(): void {
  if (phase.value !== 'untrained' || problem.value !== undefined) begin(setting.value);
  if (problem.value !== undefined) return;
  steps.value = setting.value.steps;
  phase.value = 'training';
  send({ kind: 'train', steps: steps.value });
}

function receive(reply: FlowReply): void {
  switch (reply.kind) {
    case 'data':
      // Not the flow of the data before.
      [data.value, state.value] = [reply, undefined];
      return;
    case 'state':
      state.value = reply;
      if (phase.value === 'empty') phase.value = 'untrained';
      return;
    case 'stages':
      if (state.value !== undefined) state.value = { ...state.value, stages: reply.stages };
      return;
    case 'report':
      reports.value = [...reports.value, reply];
      return;
    case 'done':
      phase.value = 'trained';
      return;
    case 'error':
      fail(`The computation has stopped: ${reply.message}`);
  }
}

export const flowSession = {
  setting: shallowReadonly(setting),
  phase,
  data,
  state,
  reports,
  steps,
  problem,
  choose,
  open,
  train,
  follow: (x: number, y: number) => send({ kind: 'follow', x, y }),
};
