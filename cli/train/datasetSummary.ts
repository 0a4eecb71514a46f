import { ContentHash, type Dataset, type StoredEpisode } from '../../datasets/index.ts';
import { formatReturn, printable, trueMinus } from '../experiment/text.ts';
import { spreadOf } from './outcomes.ts';

/** The episodes of a dataset, or of one of its policies. */
interface Totals {
  readonly returns: number[];
  readonly lengths: number[];
  terminated: number;
}

const none = (): Totals => ({ returns: [], lengths: [], terminated: 0 });

/** What a dataset is, in lines for people: all of it is read. @throws as reading it does */
export function summaryText(dataset: Dataset): string {
  const { about, path, format, observationSpace, actionSpace } = dataset;
  const { environment, dtypes, infos, provenance } = about;
  const all = none();
  const each = about.policies.map(none);
  const hash = new ContentHash();
  for (const episode of dataset.storedEpisodes()) {
    hash.add(episode);
    count(all, episode);
    const own = each[episode.policy ?? -1];
    if (own !== undefined) count(own, episode);
  }
  const { total: steps, lowest: shortest, highest: longest } = spreadOf(all.lengths);
  const lengths = shortest === longest ? shortest : `${shortest} to ${longest}`;
  const options = Object.keys(environment?.options ?? {}).length > 0 ? ` ${JSON.stringify(environment!.options)}` : '';
  const ended = `, of ${lengths} steps; ${big(all.terminated)} ended by themselves`;
  const lines: [string, string | undefined][] = [
    ['dataset', `${path} (${format}${dataset.finished ? '' : ', not finished'})`],
    ['environment', environment === null ? 'not known' : `${environment.id}${options}`],
    ['observations', `${observationSpace}, stored as ${dtypes.observations}`],
    ['actions', `${actionSpace}, stored as ${dtypes.actions}`],
    ['infos', infos.length > 0 ? infos.join(', ') : undefined],
    ['episodes', `${big(all.returns.length)}${all.returns.length === 0 ? '' : ended}`],
    ['steps', big(steps)],
    ['return', returnOf(all)],
    ...about.policies.map(({ name, file }, i): [string, string] => {
      const episodes = each[i]!.returns.length;
      const said = [`${big(episodes)} ${episodes === 1 ? 'episode' : 'episodes'}`, returnOf(each[i]!, 'return ')];
      return [`policy ${i}`, `${name}${file === undefined ? '' : `, ${file}`}: ${said.filter(Boolean).join(', ')}`];
    }),
    ['made by', typeof provenance.command === 'string' ? provenance.command : undefined],
    ['hash', hash.digest()],
  ];
  const said = lines.filter((line): line is [string, string] => line[1] !== undefined);
  const width = Math.max(...said.map(([label]) => label.length));
  // Names are others': with ends of lines in them they would pass for lines of oxbow's.
  const inLine = (text: string) => printable(text).replaceAll('\n', '\\x0a');
  return said.map(([label, text]) => `${label.padEnd(width)}  ${inLine(text)}`).join('\n');
}

function count(totals: Totals, { rewards, terminations }: StoredEpisode): void {
  let sum = 0;
  for (const reward of rewards) sum += reward;
  totals.returns.push(sum);
  totals.lengths.push(rewards.length);
  totals.terminated += terminations.at(-1)!;
}

/** `mean −190.6, deviation 12.0, −240.1 to −120.2`, behind a label; undefined of no episodes. */
function returnOf({ returns }: Totals, label = ''): string | undefined {
  if (returns.length === 0) return undefined;
  const { mean, deviation, lowest, highest } = spreadOf(returns);
  const shown = [mean, deviation, lowest, highest].map((value) => trueMinus(formatReturn(value)));
  return `${label}mean ${shown[0]}, deviation ${shown[1]}, ${shown[2]} to ${shown[3]}`;
}

function big(value: number): string {
  return value.toLocaleString('en-GB');
}
