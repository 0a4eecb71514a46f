/**
 * Reads the datasets that its parent names, by the package as it is published, and says what came of each: see `ReadOutcome` in
 * craftedMinari.ts. TypeScript's loader would take more memory than the datasets.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ContentHash, openDataset } from '../../dist/datasets/index.js';

const open = () => readdirSync('/proc/self/fd').length;

async function read(path) {
  const before = open();
  // The peak begins anew.
  writeFileSync('/proc/self/clear_refs', '5');
  const begun = process.cpuUsage();
  let result;
  try {
    const dataset = await openDataset(path);
    result = { hash: ContentHash.of(dataset.storedEpisodes()), left: dataset.about.provenance.left };
  } catch (error) {
    const { name, message } = error;
    result = { error: { name, message } };
  }
  const { user, system } = process.cpuUsage(begun);
  const peak = 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  return { ...result, seconds: (user + system) / 1e6, peak, descriptors: open() - before };
}

process.on('message', async (path) => void process.send(await read(path)));
