/** Actions within their bounds, and networks as wide as those of the critics. */
const replaying = { squash: 'tanh', hidden: [256, 256], activation: 'relu' };

/** The gradient goes through samples whose width, too, depends on the observation. */
const reparameterized = { ...replaying, scale: 'state', reparameterize: true };

/** Who learns by the mode alone never trains the scale: samples are near the mode, so that they show what was learned. */
const byMode = { ...replaying, initialScale: 0.05 };

/**
 * What suits each learner of a policy's options, in place of the policy's own defaults: of those that the policy has. Where nothing
 * stands the defaults suit it.
 */
export const policyOptionsFor = {
  reinforce: {},
  a2c: {},
  ppo: {},
  fpo: { activation: 'tanh', outputScale: 0.25 },
  sac: reparameterized,
  tqc: reparameterized,
  crossq: { ...reparameterized, batchRenorm: true },
  'soft-q-learning': reparameterized,
  td3: byMode,
  dqn: {},
  'qr-dqn': {},
  'td3-bc': byMode,
  iql: { scale: 'state', hidden: [256, 256], activation: 'relu' },
  'nf-rlbc': { scale: 'state', hidden: [256, 256], activation: 'relu', reparameterize: true },
  fql: { hidden: [256, 256], activation: 'relu' },
  'behavior-cloning': { scale: 'state' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What learns by a policy: the name of an agent. */
export type LearnerName = keyof typeof policyOptionsFor;
