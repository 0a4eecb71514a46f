import type { Mode } from 'oxbow';
import { computed, type Ref, ref, shallowRef } from 'vue';
import type { KeptSide } from './keptTrainings.ts';
import { startWorker } from './pageProblem.ts';
import type { KeptPolicy, Reply, Report, Request, Walked } from './protocol.ts';
import type { Setting } from './setting.ts';
import type { LabDensity } from './sideView.ts';

/** What is looked at: where, with the weights of which report (undefined for the newest), and which bank is blocked. */
export interface Look {
  readonly probe: { readonly x: number; readonly y: number };
  readonly snapshot: number | undefined;
  readonly blocked: Setting['blocked'];
}

/** Milliseconds in which nothing has moved, before modes are searched. */
const REST = 150;

/** One policy of the lab: the worker that trains it, and what it has said last. It goes on while the page shows something else. */
export function makeTrainer(look: () => Look) {
  const walked = shallowRef<Walked>();
  /** The walks, unless another bank has been blocked since. */
  const current = computed(() => (walked.value?.blocked === look().blocked ? walked.value : undefined));
  const density = shallowRef<LabDensity>();
  const modes = shallowRef<readonly Mode[]>();
  const state = ref<'idle' | 'training' | 'done'>('idle');
  const share = ref(0);
  const tensors = ref(0);
  const error = ref<string>();
  const reports: Ref<Report[]> = ref([]);
  /** What a file held, while that is shown. */
  const loaded = shallowRef<Extract<Reply, { kind: 'loaded' }>>();
  const file = shallowRef<{ readonly name: string; readonly bytes: Uint8Array }>();
  /** What a reload of the page may find again, once the training is over. */
  const kept = shallowRef<KeptPolicy>();
  let worker: Worker | undefined;
  /** Reads a file that has not proved to be a policy yet. */
  let loading: Worker | undefined;
  /** What is asked for waits for the answer to the last one of its kind: then it is asked again, if something has changed. */
  let [looking, moved] = [false, false];
  let [walking, changed] = [false, false];
  let rest: ReturnType<typeof setTimeout> | undefined;

  const send = (request: Request) => worker?.postMessage(request);
  const snapshotOf = () => {
    const { snapshot } = look();
    return snapshot === undefined ? {} : { snapshot };
  };

  /** @returns undefined, and says so, where none can be */
  function started(): Worker | undefined {
    error.value = undefined;
    return startWorker(
      () => new Worker(new URL('./trainer.worker.ts', import.meta.url), { type: 'module' }),
      receive,
      (problem, stopped) => {
        error.value = problem;
        stopped?.terminate();
        // What is shown does not stop with a file that is loaded beside it.
        if (worker === stopped) state.value = 'idle';
      },
    );
  }

  /** Shows what a worker has, in place of the one before. */
  function adopt(next: Worker): void {
    worker?.terminate();
    endLoading(next);
    worker = next;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => receive(data);
    for (const shown of [walked, density, modes, loaded, kept]) shown.value = undefined;
    reports.value = [];
    [looking, moved, walking, changed] = [false, false, false, false];
    state.value = 'training';
    share.value = 0;
  }

  /** What was asked for last counts: a file that comes later takes no one's place. */
  function endLoading(but?: Worker): void {
    if (loading !== but) loading?.terminate();
    loading = undefined;
  }

  function receive(reply: Reply): void {
    switch (reply.kind) {
      case 'report':
        share.value = reply.steps === 0 ? 1 : reply.step / reply.steps;
        tensors.value = reply.tensors;
        reports.value.push({ ...reply, walks: [] });
        if (look().snapshot !== undefined) return;
        walked.value = reply;
        probe();
        return;
      case 'loaded':
        loaded.value = reply;
        return;
      case 'done':
        state.value = 'done';
        if (loaded.value === undefined) send({ kind: 'keep' });
        probe();
        return;
      case 'walks':
        walking = false;
        walked.value = reply;
        if (changed) walk();
        return;
      case 'density':
        looking = false;
        density.value = reply.density;
        modes.value = reply.modes;
        if (moved) probe();
        else if (reply.modes === undefined && state.value === 'done') rest = setTimeout(() => probe(true), REST);
        return;
      case 'file':
        file.value = reply;
        return;
      case 'kept':
        kept.value = reply.kept;
        return;
      case 'restored':
        // What was kept may have been of an earlier moment, or with another bank blocked.
        walk();
        probe();
        return;
      case 'error':
        error.value = reply.message;
        [looking, walking] = [false, false];
        if (state.value === 'training') state.value = 'idle';
    }
  }

  /** Asks for the density at the probe; for its modes, which take longer, once the training is over and the probe rests. */
  function probe(withModes = false): void {
    clearTimeout(rest);
    if (worker === undefined) return;
    moved = looking;
    if (moved) return;
    looking = true;
    const { x, y } = look().probe;
    send({ kind: 'probe', x, y, ...snapshotOf(), modes: withModes });
  }

  function walk(): void {
    changed = walking;
    if (changed || worker === undefined) return;
    walking = true;
    send({ kind: 'walk', blocked: look().blocked, ...snapshotOf() });
  }

  function begin(request: Extract<Request, { kind: 'train' }>): boolean {
    const next = started();
    if (next === undefined) return false;
    adopt(next);
    send(request);
    return true;
  }

  /** Shows what was trained before the page was loaded anew. */
  function restore(setting: Setting, { json, snapshots, reports: before, walked: last }: KeptSide): void {
    const next = started();
    if (next === undefined) return;
    adopt(next);
    reports.value = [...before];
    [walked.value, share.value, state.value] = [last, 1, 'done'];
    send({ kind: 'restore', setting, kept: { json, snapshots } });
  }

  /** As it was before anything was trained. */
  function forget(): void {
    worker?.terminate();
    endLoading();
    worker = undefined;
    clearTimeout(rest);
    for (const shown of [walked, density, modes, loaded, kept, error]) shown.value = undefined;
    reports.value = [];
    state.value = 'idle';
  }

  /** What is shown stays until the file has proved to be a policy. */
  function load(request: Extract<Request, { kind: 'load' }>): void {
    const next = started();
    if (next === undefined) return;
    endLoading();
    loading = next;
    next.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.kind !== 'error') {
        adopt(next);
        receive(data);
        return;
      }
      error.value = data.message;
      next.terminate();
    };
    next.postMessage(request);
  }

  function download(format: 'onnx' | 'json'): void {
    send({ kind: 'file', format, ...snapshotOf() });
  }

  return {
    walked,
    current,
    density,
    modes,
    state,
    share,
    tensors,
    error,
    reports,
    loaded,
    file,
    kept,
    restore,
    forget,
    begin,
    load,
    probe,
    walk,
    download,
  };
}

export type Trainer = ReturnType<typeof makeTrainer>;
