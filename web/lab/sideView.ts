import type { Mode } from 'oxbow';
import type { Walk } from '../../agents/lake.ts';
import type { LabDensity } from './actionView.ts';
import type { LabMetrics } from './labPolicy.ts';
import type { Setting } from './setting.ts';

/** What one half of the lab shows, wherever it comes from: a stored training, one of this page, demonstrators. */
export interface SideView {
  /** Whose walks they are. */
  readonly title: string;
  /** Beside it: how far its training is. */
  readonly note?: string;
  /** Whose colour its density has: a policy's, or a bank's. */
  readonly hue: string;
  readonly metrics: Pick<LabMetrics, 'drownRate' | 'homeRate' | 'upperShare' | 'kl'> | undefined;
  readonly walks: readonly Walk[];
  /** What the walks found blocked. */
  readonly blocked: Setting['blocked'];
  readonly density: (Pick<LabDensity, 'kind' | 'density' | 'truth'> & Partial<Pick<LabDensity, 'samples'>>) | undefined;
  readonly modes?: readonly Mode[] | undefined;
  /** Where the density is taken. */
  readonly probe: { readonly x: number; readonly y: number };
}
