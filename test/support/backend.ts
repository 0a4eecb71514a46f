import { selectBackend } from '../../src/engine/backend.ts';

// tfjs-cpu, however the machine is equipped, unless OXBOW_BACKEND asks for another.
await selectBackend(process.env.OXBOW_BACKEND ?? 'cpu');
