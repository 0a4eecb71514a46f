import { computed, reactive, ref, shallowRef, watch } from 'vue';
import { type KeptSide, keptTrainings } from './keptTrainings.ts';
import { choices, type Setting, usualSetting } from './setting.ts';
import type { SideView } from './sideView.ts';
import type { Stroke } from './strokes.ts';
import { makeTrainer } from './trainer.ts';

/**
 * What this page has chosen and trained, of scripted demonstrators or rewards, and of ways that were drawn. It outlives the component, so
 * that who goes to another page of the site and comes back finds it as it was.
 */
export const labs = { train: makeLab('train'), draw: makeLab('draw') };
export type Lab = ReturnType<typeof makeLab>;

/** @param name by which its training is kept */
function makeLab(name: string) {
  const setting = reactive<Setting>({ ...usualSetting, policies: [...usualSetting.policies] });
  const probe = ref({ x: -1.5, y: 0 });
  /** How far back in the training the page looks, %; 100 for the newest weights. */
  const scrub = ref(100);
  /** What was trained, and on which ways, if they were drawn. */
  const trained = ref<Setting>();
  const trainedOn = shallowRef<readonly Stroke[]>([]);
  const trainers = ([0, 1] as const).map((side) => {
    const trainer: ReturnType<typeof makeTrainer> = makeTrainer(() => ({
      probe: probe.value,
      snapshot: snapshotOf(side),
      blocked: setting.blocked,
    }));
    return trainer;
  });

  /** The report whose weights a side shows; undefined for the newest. */
  function snapshotOf(side: number): number | undefined {
    const reports = trainers[side]?.reports.value ?? [];
    if (scrub.value === 100 || reports.length === 0) return undefined;
    return reports[Math.floor((scrub.value / 100) * (reports.length - 1))]!.snapshot;
  }

  /** As a worker can be sent it. */
  const plainSetting = (): Setting => ({ ...setting, policies: [...setting.policies] });

  function train(strokes: readonly Stroke[] = []): void {
    begin(plainSetting(), strokes);
  }

  function begin(asked: Setting, strokes: readonly Stroke[]): void {
    isKept.value = false;
    isRestored = true;
    scrub.value = 100;
    const begun = trainers.map((trainer, side) =>
      trainer.begin({
        kind: 'train',
        setting: asked,
        policy: asked.policies[side]!,
        ...(strokes.length > 0 && { strokes }),
      }),
    );
    if (!begun.every(Boolean)) return;
    [trained.value, trainedOn.value] = [asked, strokes];
    keptTrainings.begin(name, { setting: asked, strokes });
  }

  /** What was trained before the page was loaded anew; what was not over begins again, and gives the same. Once, and unless something was trained since. */
  async function restore(): Promise<void> {
    if (isRestored) return;
    isRestored = true;
    const found = await keptTrainings.read(name);
    if (found === undefined || trained.value !== undefined) return;
    strokes.value = found.strokes;
    if (found.sides === undefined) {
      begin(found.setting, found.strokes);
      return;
    }
    [trained.value, trainedOn.value] = [found.setting, found.strokes];
    trainers.forEach((trainer, side) => trainer.restore(found.setting, found.sides![side]!));
    isKept.value = true;
  }

  async function keep(): Promise<void> {
    const [left, right] = trainers.map(({ kept, reports, walked }): KeptSide | undefined =>
      kept.value === undefined || walked.value === undefined
        ? undefined
        : { ...kept.value, reports: plain(reports.value), walked: plain(walked.value) },
    );
    if (left === undefined || right === undefined) return;
    isKept.value = await keptTrainings.end(name, [left, right]);
  }

  /** Nothing is trained, and a reload finds nothing. */
  function forget(): void {
    for (const trainer of trainers) trainer.forget();
    [trained.value, trainedOn.value, isKept.value] = [undefined, [], false];
    keptTrainings.remove(name);
  }

  /** Shows the policy of a file on the left. */
  function load(name: string, json: string): void {
    scrub.value = 100;
    trainers[0]!.load({ kind: 'load', name, json, setting: plainSetting() });
  }

  trainers.forEach((trainer, side) => {
    watch(trainer.kept, keep);
    // What could not be done is not tried again by itself.
    watch(
      trainer.error,
      (error) => error !== undefined && trainer.state.value === 'idle' && keptTrainings.remove(name),
    );
    watch(probe, () => trainer.probe());
    watch(
      () => [snapshotOf(side), setting.blocked] as const,
      ([snapshot, blocked], [before, blockedBefore]) => {
        if (trainer.walked.value === undefined || (snapshot === before && blocked === blockedBefore)) return;
        trainer.walk();
        trainer.probe();
      },
    );
  });
  /** Ways that were drawn, trained on or not. */
  const strokes = shallowRef<readonly Stroke[]>([]);
  /** Whether a reload of the page finds it again as it is. */
  const isKept = ref(false);
  let isRestored = false;
  const hasWalked = computed(() => trainers.some(({ walked }) => walked.value !== undefined));
  return {
    setting,
    probe,
    scrub,
    trained,
    trainedOn,
    strokes,
    trainers,
    hasWalked,
    isKept,
    train,
    load,
    restore,
    forget,
  };
}

/** As a worker can be sent it, and as it can be kept. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

const NONE: SideView['walks'] = [];

/** The policy that a side of a lab shows: a file's, the one that was trained, or the chosen one before there is any. */
export function policyOf({ trainers, trained, setting }: Lab, side: number): string {
  return trainers[side]!.loaded.value?.policy ?? (trained.value ?? setting).policies[side]!;
}

/** Its name in words, where the lab has one. */
export function policyTitle(lab: Lab, side: number): string {
  const policy = policyOf(lab, side);
  return (choices.policies as Record<string, string>)[policy] ?? policy;
}

/** What a side of a lab shows. */
export function labView(lab: Lab, side: number): SideView {
  const { current, density, modes } = lab.trainers[side]!;
  const note = noteOf(lab, side);
  return {
    title: policyTitle(lab, side),
    ...(note !== undefined && { note }),
    hue: policyOf(lab, side),
    metrics: current.value?.metrics,
    walks: current.value?.walks ?? NONE,
    blocked: lab.setting.blocked,
    density: density.value,
    modes: modes.value,
    probe: lab.probe.value,
  };
}

/** How far the training is, or where the weights are from. */
function noteOf({ trainers, scrub }: Lab, side: number): string | undefined {
  const { walked, loaded, state, share } = trainers[side]!;
  if (loaded.value !== undefined) return `from a file, ${choices.env[loaded.value.env]}`;
  if (state.value === 'training') return `training, ${Math.round(100 * share.value)}\u00a0%`;
  if (scrub.value < 100 && walked.value !== undefined) return `at ${scrub.value}\u00a0% of its training`;
  return undefined;
}
