import { Rng } from 'oxbow';
import { BaseEnv, Box, Drawing, register } from 'oxbow/envs';

/**
 * A lander that must touch down softly.
 *
 * - Observation: height and velocity, `[2]`. Action: thrust in [0, 1], `[1]`.
 * - Reward: −0.1 a step; on the ground −10 times the speed; −10 above a height of 10.
 * - Terminated: on the ground, 'soft' below a speed of 0.2 or else 'crash', and above a height of 10, 'lost'.
 */
export class Lander extends BaseEnv {
  observationSpace = new Box({ low: [-2, -2], high: [12, 2] });
  actionSpace = new Box({ low: 0, high: 1, shape: [1] });
  height = 0;
  velocity = 0;

  begin() {
    this.height = this.rng.uniform(4, 6); // reset({ seed }) starts this stream anew.
    this.velocity = 0;
    return [Float32Array.of(this.height, this.velocity), {}];
  }

  step([thrust = 0]) {
    this.velocity += 0.2 * thrust - 0.1;
    this.height += this.velocity;
    const observation = Float32Array.of(this.height, this.velocity);
    if (this.height > 10) return [observation, -10, true, false, { outcome: 'lost' }];
    if (this.height > 0) return [observation, -0.1, false, false, {}];
    const speed = -this.velocity;
    return [observation, -10 * speed, true, false, { outcome: speed < 0.2 ? 'soft' : 'crash' }];
  }

  // All that the rest of an episode depends on: a training that was stopped goes on from here.
  state() {
    return { rng: this.rng.state(), height: this.height, velocity: this.velocity };
  }

  setState({ rng, height, velocity }) {
    this.rng = Rng.fromState(rng);
    this.height = height;
    this.velocity = velocity;
  }

  render() {
    const drawing = new Drawing({ x: [-5, 5], y: [-1, 11], label: 'a lander above the ground' });
    return drawing
      .rect([-5, -1], [5, 0], { fill: 'water' })
      .circle([0, Math.max(this.height, 0) + 0.3], 0.3, { fill: 'ink' })
      .toString();
  }
}

register({ id: 'Lander-v0', entryPoint: () => new Lander(), maxEpisodeSteps: 100 });
