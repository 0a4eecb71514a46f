import { computed, ref, shallowReadonly, shallowRef } from 'vue';
import { type RobotSetting, usualRobotSetting } from './robotSetting.ts';
import { makeRobotTrainer } from './robotTrainer.ts';

/** What is chosen, and what was trained. It outlives the page's component: who comes back finds the training as far as it has come. */
const setting = shallowRef<RobotSetting>(usualRobotSetting);
/** What is shown; undefined before anything was trained. */
const trained = shallowRef<RobotSetting>();
/** How far back in the training the page looks, %; 100 for the newest walk. */
const scrub = ref(100);
const trainers = [makeRobotTrainer(), makeRobotTrainer()] as const;

function choose(next: RobotSetting): void {
  setting.value = next;
}

function train(): void {
  const asked = { ...setting.value };
  [trained.value, scrub.value] = [asked, 100];
  trainers.forEach((trainer, side) => trainer.begin({ setting: asked, policy: asked.policies[side]! }));
}

const isRunning = computed(() => trainers.some(({ phase }) => phase.value === 'loading' || phase.value === 'training'));

export const robotSession = {
  setting: shallowReadonly(setting),
  trained: shallowReadonly(trained),
  trainers,
  scrub,
  isRunning,
  choose,
  train,
  stop: () => trainers.forEach(({ stop }) => stop()),
};
