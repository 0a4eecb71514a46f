import { computed, ref, shallowReadonly, shallowRef } from 'vue';
import { type RobotSetting, usualRobotSetting } from './robotSetting.ts';
import { makeRobotTrainer } from './robotTrainer.ts';
import { canStage } from './startStage.ts';

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
