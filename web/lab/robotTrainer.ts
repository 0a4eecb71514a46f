import { ref, shallowRef } from 'vue';
import { loadingProblem, missingFeature, workerProblem } from './pageProblem.ts';
import type { RobotMetrics, RobotReply, RobotRequest } from './robotProtocol.ts';
import type { RobotWalk } from './robotWalk.ts';

/** Nothing was asked for, or it was stopped; the physics comes; it learns; it has learned. */
export type RobotPhase = 'idle' | 'loading' | 'training' | 'done';

/** One robot of the page: the worker that trains it, and what it has said. It goes on while the page shows something else. */
export function makeRobotTrainer() {
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
    problem.value = missingFeature();
    if (problem.value !== undefined) return;
    worker = new Worker(new URL('./robot.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<RobotReply>) => receive(data);
    worker.onerror = (event) => fail(workerProblem(event));
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

export type RobotTrainer = ReturnType<typeof makeRobotTrainer>;
