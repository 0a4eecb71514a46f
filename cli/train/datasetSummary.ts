import { ContentHash, type Dataset, type StoredEpisode } from '../../datasets/index.ts';
import { formatReturn, printable, trueMinus } from '../experiment/text.ts';

/** What all episodes of a dataset, or of one of its policies, come to. */
interface Totals {
  episodes: number;
  steps: number;
  terminated: number;
  shortest: number;
  longest: number;
  lowest: number;
  highest: number;
  sum: number;
  squares: number;
}

const none = (): Totals => ({
  episodes: 0,
  steps: 0,
  terminated: 0,
  shortest: Number.POSITIVE_INFINITY,
  longest: 0,
  lowest: Number.POSITIVE_INFINITY,
  highest: Number.NEGATIVE_INFINITY,
  sum: 0,
  squares: 0,
});

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
  const { episodes, steps, terminated, shortest, longest } = all;
  const lengths = shortest === longest ? shortest : `${shortest} to ${longest}`;
  const options = Object.keys(environment?.options ?? {}).length > 0 ? ` ${JSON.stringify(environment!.options)}` : '';
  const lines: [string, string][] = [
    ['dataset', `${path} (${format}${dataset.finished ? '' : ', not finished'})`],
    ['environment', environment === null ? 'not known' : `${environment.id}${options}`],
    ['observations', `${observationSpace}, stored as ${dtypes.observations}`],
    ['actions', `${actionSpace}, stored as ${dtypes.actions}`],
    ...(infos.length > 0 ? [['infos', infos.join(', ')] as [string, string]] : []),
    [
      'episodes',
      `${big(episodes)}${episodes === 0 ? '' : `, of ${lengths} steps; ${big(terminated)} ended by themselves`}`,
    ],
    ['steps', big(steps)],
    ...(episodes > 0 ? [['return', returnOf(all)] as [string, string]] : []),
    ...about.policies.map(({ name, file }, i): [string, string] => [
      `policy ${i}`,
      `${name}${file === undefined ? '' : `, ${file}`}: ${big(each[i]!.episodes)} ${each[i]!.episodes === 1 ? 'episode' : 'episodes'}${each[i]!.episodes === 0 ? '' : `, return ${returnOf(each[i]!)}`}`,
    ]),
    ...(typeof provenance.command === 'string' ? [['made by', provenance.command] as [string, string]] : []),
    ['hash', hash.digest()],
  ];
  const width = Math.max(...lines.map(([label]) => label.length));
  // Names are others': with ends of lines in them they would pass for lines of oxbow's.
  const inLine = (text: string) => printable(text).replaceAll('\n', '\\x0a');
  return lines.map(([label, text]) => `${label.padEnd(width)}  ${inLine(text)}`).join('\n');
}

function count(totals: Totals, { rewards, terminations }: StoredEpisode): void {
  let sum = 0;
  for (const reward of rewards) sum += reward;
  totals.episodes += 1;
  totals.steps += rewards.length;
  totals.terminated += terminations.at(-1)!;
  totals.shortest = Math.min(totals.shortest, rewards.length);
  totals.longest = Math.max(totals.longest, rewards.length);
  totals.lowest = Math.min(totals.lowest, sum);
  totals.highest = Math.max(totals.highest, sum);
  totals.sum += sum;
  totals.squares += sum * sum;
}

/** `mean −190.6, deviation 12.0, −240.1 to −120.2` */
function returnOf({ episodes, sum, squares, lowest, highest }: Totals): string {
  const mean = sum / episodes;
  const deviation = Math.sqrt(Math.max(0, squares / episodes - mean * mean));
  const shown = [mean, deviation, lowest, highest].map((value) => trueMinus(formatReturn(value)));
  return `mean ${shown[0]}, deviation ${shown[1]}, ${shown[2]} to ${shown[3]}`;
}

function big(value: number): string {
  return value.toLocaleString('en-GB');
}
