/** What a thread imports to make these envs: it knows them, and their physics is there. */
import './registerBox2d.ts';
import { loadBox2d } from './loadBox2d.ts';

await loadBox2d();
