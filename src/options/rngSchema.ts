import { z } from 'zod';
import { Rng } from '../random.ts';

/** A stream of randomness, as an option. */
export const rngSchema = z.custom<Rng>((value) => value instanceof Rng, 'an Rng').meta({ type: 'Rng' });
