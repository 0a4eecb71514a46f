import { parseOptions } from '../../src/options/parse.ts';
import type { EnvProvider } from '../core/envProvider.ts';
import { OrderEnforcing } from '../core/wrappers/orderEnforcing.ts';
import { PassiveEnvChecker } from '../core/wrappers/passiveEnvChecker.ts';
import { GymnasiumEnv } from './gymnasiumEnv.ts';
import { gymnasiumOptions, gymnasiumVectorOptions, interpreter, serverOptions } from './gymnasiumOptions.ts';
import { GymnasiumVectorEnv } from './gymnasiumVectorEnv.ts';

/** `make('gymnasium:Hopper-v5', { python })`: what Gymnasium knows, and limits in time, in the user's own Python. */
export const gymnasiumProvider: EnvProvider = {
  make(id, options) {
    const parsed = parseOptions(`gymnasium:${id}`, gymnasiumOptions, options);
    const env = new GymnasiumEnv({ id, ...serverOptions(parsed) }, options);
    return new OrderEnforcing(parsed.disableEnvChecker ? env : new PassiveEnvChecker(env));
  },
  makeVec(id, options) {
    const parsed = parseOptions(`gymnasium:${id}`, gymnasiumVectorOptions, options);
    const { numEnvs, autoresetMode, ...rest } = parsed;
    const { disableEnvChecker, workers } = rest;
    return new GymnasiumVectorEnv({ id, numEnvs, workers, autoresetMode, disableEnvChecker, ...serverOptions(rest) });
  },
  // As Gymnasium parts it: what stands before the colon is imported, also from the current folder.
  module: (id) => (id.includes(':') ? id.split(':')[0] : undefined),
  program: ({ python }) => interpreter(typeof python === 'string' ? python : undefined),
};
