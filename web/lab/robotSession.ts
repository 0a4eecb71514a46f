import { computed, ref, shallowReadonly, shallowRef } from 'vue';
import { loadingProblem, startWorker } from './pageProblem.ts';
import type { RobotWalk } from './robotCanvas.ts';
import {
  type RobotMetrics,
  type RobotReply,
  type RobotRequest,
  type RobotSetting,
  usualRobotSetting,
} from './robotSetting.ts';
import { canStage } from './stage.ts';

/** Nothing was asked for, or it was stopped; the physics comes; it learns; it has learned. */
type RobotPhase = 'idle' | 'loading' | 'training' | 'done';

/** One robot of the page: the worker that trains it, and what it has said. It goes on while the page shows something else. */
function makeRobotTrainer() {
  const phase = ref<RobotPhase>('idle');
  /** Steps of the training up to now. */
  const step = ref(0);
  const reports = shallowRef<readonly { readonly step: number; readonly value: number }[]>([]);
  /** Those of all the training, the newest last. */
  const walks = shallowRef<readonly RobotWalk[]>([]);
  const metrics = shallowRef<RobotMetrics>();
  const problem = ref<string>();
  let worker: Worker | undefined;

  function stop(): void {
    worker?.terminate();
    worker = undefined;
    if (phase.value !== 'done') phase.value = 'idle';
  }

  function fail(text: string): void {
    stop();
    problem.value = text;
  }

  function begin(request: RobotRequest): void {
    stop();
    [phase.value, step.value, reports.value, walks.value] = ['idle', 0, [], []];
    metrics.value = undefined;
    problem.value = undefined;
    worker = startWorker(
      () => new Worker(new URL('./robot.worker.ts', import.meta.url), { type: 'module' }),
      receive,
      fail,
    );
    if (worker === undefined) return;
    phase.value = 'loading';
    worker.postMessage(request);
  }

  function receive(reply: RobotReply): void {
    switch (reply.kind) {
      case 'loaded':
        phase.value = 'training';
        return;
      case 'progress':
        step.value = reply.step;
        return;
      case 'report': {
        const { step: at, value } = reply;
        if (value !== null) reports.value = [...reports.value, { step: at, value }];
        return;
      }
      case 'walk':
        walks.value = [...walks.value, reply.walk];
        return;
      case 'done':
        [phase.value, metrics.value] = ['done', reply.metrics];
        worker?.terminate();
        return;
      case 'error':
        fail(reply.loading ? loadingProblem('The physics') : `The training has stopped: ${reply.message}.`);
    }
  }

  return { phase, step, reports, walks, metrics, problem, begin, stop };
}

/** What is chosen, and what was trained. It outlives the page's component: who comes back finds the training as far as it has come. */
const setting = shallowRef<RobotSetting>(usualRobotSetting);
/** What is shown; undefined before anything was trained. */
const trained = shallowRef<RobotSetting>();
/** How far back in the training the page looks, %; 100 for the newest walk. */
const scrub = ref(100);
/** Whether robots are shown in three dimensions: where a graphics card does it, or where the reader asks for it. */
const isDeep = ref(false);
/** What is in the way of three dimensions that the reader has asked for. */
const problem = ref<string>();
let isChosen = false;
const trainers = [makeRobotTrainer(), makeRobotTrainer()] as const;

function choose(next: RobotSetting): void {
  setting.value = next;
}

function train(): void {
  const asked = { ...setting.value };
  [trained.value, scrub.value] = [asked, 100];
  if (!isChosen) canStage(false).then((isAble) => (isDeep.value ||= isAble && !isChosen));
  trainers.forEach((trainer, side) => trainer.begin({ setting: asked, policy: asked.policies[side]! }));
}

async function chooseView(deep: boolean): Promise<void> {
  [isChosen, problem.value] = [true, undefined];
  isDeep.value = deep && (await canStage(true));
  if (deep && !isDeep.value)
    problem.value = 'This browser has no WebGL for three dimensions: the robots stay in the plane.';
}

const isRunning = computed(() => trainers.some(({ phase }) => phase.value === 'loading' || phase.value === 'training'));

export const robotSession = {
  setting: shallowReadonly(setting),
  trained: shallowReadonly(trained),
  trainers,
  scrub,
  isRunning,
  isDeep: shallowReadonly(isDeep),
  viewProblem: shallowReadonly(problem),
  chooseView,
  choose,
  train,
  stop: () => trainers.forEach(({ stop }) => stop()),
};
