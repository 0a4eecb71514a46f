import { computed, reactive, ref, shallowRef, watch } from 'vue';
import { type Setting, usualSetting } from './setting.ts';
import type { Stroke } from './strokes.ts';
import { makeTrainer } from './trainer.ts';

/**
 * What this page has chosen and trained, of scripted demonstrators or rewards, and of ways that were drawn. It outlives the component, so
 * that who goes to another page of the site and comes back finds it as it was.
 */
export const labs = { train: makeLab(), draw: makeLab() };
export type Lab = ReturnType<typeof makeLab>;

function makeLab() {
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
    const asked = plainSetting();
    scrub.value = 100;
    const begun = trainers.map((trainer, side) =>
      trainer.begin({
        kind: 'train',
        setting: asked,
        policy: asked.policies[side]!,
        ...(strokes.length > 0 && { strokes }),
      }),
    );
    if (begun.every(Boolean)) [trained.value, trainedOn.value] = [asked, strokes];
  }

  /** Shows the policy of a file on the left. */
  function load(name: string, json: string): void {
    scrub.value = 100;
    trainers[0]!.load({ kind: 'load', name, json, setting: plainSetting() });
  }

  trainers.forEach((trainer, side) => {
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
  const hasWalked = computed(() => trainers.some(({ walked }) => walked.value !== undefined));
  return { setting, probe, scrub, trained, trainedOn, strokes, trainers, hasWalked, train, load };
}
