// An ant in MuJoCo's physics walks by a policy that oxbow has trained.
// Give it another course.
import { policyFromJson } from 'oxbow';
import { AntHeadingEnv, antGait, loadMujoco } from 'oxbow/mujoco';
import { show } from 'playground';

await loadMujoco();
const { policy } = policyFromJson(antGait);
const ant = new AntHeadingEnv();
const course = [
  { x: 1, y: 0 },
  { x: 0, y: 1 },
  { x: -1, y: 0 },
  { x: 0, y: -1 },
];

ant.reset({ seed: 0 });
for (const heading of course) {
  for (let i = 0; i < 80; i++) {
    const [, , hasFallen] = ant.step(policy.act(ant.head(heading), { greedy: true }));
    if (hasFallen) throw new Error('The ant has fallen.');
    await show(ant.render(), 0.05); // A step of the ant is 0.05 seconds.
  }
  const { x, y } = ant.place;
  console.log(`After four seconds it is at (${x.toFixed(1)}, ${y.toFixed(1)}) metres.`);
}
