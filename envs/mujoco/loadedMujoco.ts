/** What a thread imports to make these envs: it knows them, and their physics is there. */
import './registerMujoco.ts';
import { loadMujoco } from './loadMujoco.ts';

await loadMujoco();
