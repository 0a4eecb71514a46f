import { Distribution } from '../distributions/distribution.ts';
import { show } from '../options/describeIssue.ts';

/** @throws if what is analysed is no distribution, as a flow or a policy is none */
export function checkDistribution(owner: string, value: unknown): asserts value is Distribution {
  if (value instanceof Distribution) return;
  throw new Error(
    `${owner}: wanted a distribution, as flow.at(context) or actionDensity(policy, observation), got ${show(value)}`,
  );
}
