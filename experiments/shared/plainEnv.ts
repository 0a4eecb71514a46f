/** An environment as a sentence has it, without the prefix of its package. */
export function plainEnv(env: string): string {
  return env.replace('mujoco/', '');
}
