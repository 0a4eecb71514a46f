import type { Lab } from './lab.ts';
import { choices } from './setting.ts';
import type { SideView } from './sideView.ts';

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
