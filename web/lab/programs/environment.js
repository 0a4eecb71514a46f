// An environment of your own: a boat crosses a river.
// Make the current stronger, or pay the boat for something else.
import { episodeStatistics, train } from 'oxbow/agents';
import { BaseEnv, Box, Drawing } from 'oxbow/envs';
import { show } from 'playground';

class River extends BaseEnv {
  observationSpace = new Box({ low: [0, -2], high: [1, 2] }); // Where the boat is: across the river, and along it.
  actionSpace = new Box({ low: -1, high: 1, shape: [1] }); // The rudder.
  begin() {
    this.place = Float32Array.of(0, this.rng.uniform(-0.5, 0.5));
    return [this.place, {}];
  }
  step([rudder]) {
    const [x, y] = this.place;
    const current = 0.2 * x * (1 - x);
    this.place = Float32Array.of(Math.min(1, x + 0.04), Math.max(-2, Math.min(2, y + 0.1 * rudder - current)));
    const isAcross = this.place[0] === 1;
    return [this.place, isAcross ? -Math.abs(this.place[1]) : 0, isAcross, false, {}]; // The landing is at 0.
  }
  render() {
    const river = new Drawing({ x: [-0.1, 1.1], y: [-0.4, 0.4], label: 'A boat on a river', width: 600 });
    river.rect([0, -0.4], [1, 0.4], { fill: 'water' }).rect([1, -0.03], [1.1, 0.03], { fill: 'policy-0' });
    return river.circle(this.place, 0.02, { fill: 'ink' }).toString();
  }
}

function onReport({ step, episodes }) {
  console.log(`Step ${step}: ${(-episodeStatistics(episodes).return).toFixed(2)} beside the landing, in the mean`);
}
const { policy } = await train({ env: () => new River(), agent: 'ppo', steps: 20_000, onReport });
const river = new River();
for (let trip = 0; trip < 5; trip++) {
  let [boat] = river.reset({ seed: trip });
  for (let isAcross = false; !isAcross; ) {
    [boat, , isAcross] = river.step(policy.act(boat, { greedy: true }));
    await show(river.render(), 0.05); // A picture for 0.05 seconds.
  }
}
