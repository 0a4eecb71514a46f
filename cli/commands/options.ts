import { Command } from 'commander';
import type { Registry } from '../experiment/experiment.ts';

/** What a command works with. */
export interface CommandContext {
  readonly registry: Registry;
  /** What `oxbow` was called with. */
  readonly argv: readonly string[];
}

/** Does the work of a command with its arguments and options. Returns the exit code. */
type Work<A extends unknown[]> = (context: CommandContext, ...args: A) => Promise<number>;

/** What an option means; with its default, or where it may be repeated or must be given. */
type Meaning = string | { readonly means: string; readonly usual?: string; readonly as?: 'list' | 'required' };

type Options = Readonly<Record<string, Meaning>>;

/** How policies act. @param several whether a list is compared */
const acting = (several: boolean): Options => {
  const [of, or] = several ? ['list', ', or several to compare'] : ['one', ''];
  return {
    '--greedy': 'take greedy actions in place of sampled ones: --acting mode',
    [`--acting <${of}>`]: `how actions are chosen${or}: sample, mode, densest (default: sample)`,
    [`--temperature <${of}>`]: `draw samples from the density to the power 1/T, 0.5 for nearer to its peaks${or} (default: 1)`,
    [`--hold <${of}>`]: `keep the noise of samples for n steps of an episode${or} (default: 1)`,
    '--candidates <n>':
      'samples that a mode or the densest action is found among, or a temperature draws from (default: 32)',
  };
};

/** Of commands that take ONNX files. */
const ONNX: Options = {
  '--onnx <file>': 'options of an .onnx file as JSON: {"squash": "rescale", "normalize": {"mean": […], "var": […]}}',
};

/** Of commands that take one policy. */
const ONE_POLICY: Options = {
  '--onnx-options <file>': 'options of an .onnx file as JSON: {"squash": "rescale"}',
  '--env <id>': "the environment of the page (default: that of the policy's training)",
  '--job <id>': 'of a run with several policies, the job whose policy it is',
  ...acting(false),
};
const A_POLICY = 'the file of a saved policy, one .onnx, or a run directory';

const LOAD: Options = {
  '--load <file>': {
    means: "a module of one's own that registers environments or policies; may be repeated",
    as: 'list',
  },
};

/** Of commands that read what others may have written: what allows code of others to run. */
const CODE: Options = {
  ...LOAD,
  '--python <file>': 'the Python that environments of Gymnasium run in; one that only settings name is not started',
};

/** Of those that take the environment from what they read. */
const ENV: Options = {
  '--env <id>': {
    means: 'an environment of Gymnasium whose id names a module of Python; of those, others are not made',
    as: 'list',
  },
};

const WORKERS: Options = {
  '--workers <n>': 'worker processes (default: the number of cores, divided by --threads)',
  '--threads <n>': 'threads of each job, for large batches (default: OXBOW_THREADS, or 1)',
};

/** Who does the jobs of a run. */
const WORK: Options = {
  ...WORKERS,
  '--queue <redis>': 'have `oxbow worker` processes on any machine do the jobs: redis://host:6379',
  '--shard <i/n>': 'do one of n shares of the jobs, 2/5; directories of all shares can be put together',
};

const FIRST_SEED = 'the first seed where --seeds is a number';
const SEEDS: Options = {
  '--seeds <n|list>': 'how many seeds, or which: 5, or 3,5,7; "300," is seed 300',
  '--seed <base>': FIRST_SEED,
};

const ENGINE: Options = { '--engine <name>': 'what compiled functions run on' };
const CONFIG: Options = { '--config <file>': 'settings from a JSON file' };
const AGENT: Options = { '--agent <name>': 'as "oxbow list agents" names them; must be given' };
const ENV_ID = 'the id of an environment, as "oxbow list envs" names them';
const DATASET =
  "a folder or a file in one of the formats: oxbow's, Minari's, LeRobot's, .jsonl, .csv, .hdf5 of D4RL, .npz of OGBench";

/** The options by which others are set: `--set key=value`. */
function set(means: string): Options {
  return { '--set <key=value>': { means, as: 'list' } };
}

function withOptions(command: Command, options: Options): Command {
  for (const [flags, meaning] of Object.entries(options)) {
    const { means, usual, as } = typeof meaning === 'string' ? { means: meaning } : meaning;
    if (as === 'required') command.requiredOption(flags, means);
    else if (as === 'list') command.option(flags, means, (value, before: string[]) => [...before, value], []);
    else command.option(flags, means, usual);
  }
  return command;
}

/**
 * The commands of `oxbow`, with their arguments and options. What does the work of one is imported when it is called.
 * @param end takes the exit code
 */
export function commands(context: CommandContext, end: (code: number) => void): Command[] {
  const does = <A extends unknown[]>(load: () => Promise<Work<A>>) => {
    return async (...args: A) => end(await (await load())(context, ...args));
  };
  const names = Object.keys(context.registry.experiments);
  const one = names.length === 0 ? '' : `one of ${names.join(', ')}, or `;
  const run = withOptions(new Command('run'), {
    ...SEEDS,
    '--policies <list>': 'policies to compare: a,b',
    '--study <list>': 'studies to run: a,b',
    '--env <list>': 'environments to run on: a,b',
    ...ENGINE,
    '--steps <n>': 'training steps of the study that is run',
    '--quick': 'the smallest run that still shows the point',
    '--full': 'the run to publish: more seeds, and more of what the experiment names',
    ...CONFIG,
    ...set('any other setting, as "oxbow list <experiment>" names it; may be repeated'),
    '--out <dir>': 'run directory; one that holds the same run is continued (default: runs/<experiment>-<time>)',
    ...WORK,
  })
    .description('run an experiment, or continue its run directory')
    .argument('<experiment>', `${one}a file that exports an experiment: my-study.ts; of several, my-study.ts#name`)
    .addHelpText(
      'after',
      '\nLater ones win: defaults, --quick or --full, OXBOW_ENGINE, --config, options.\n"oxbow list" shows what can be named, "oxbow list <experiment>" all settings.',
    )
    .action(does(async () => (await import('./run.ts')).run));

  const train = withOptions(new Command('train'), {
    ...LOAD,
    ...AGENT,
    '--policy <list>':
      'a policy, or several to compare: a,b (default: the one that the agent needs, or the usual one for the actions)',
    '--dataset <path>':
      "the dataset, for an agent that learns from data: oxbow's, Minari's, LeRobot's, a file .jsonl, .csv, .hdf5 or .npz",
    '--steps <n>': 'environment steps of each training, or updates on data',
    '--online-steps <n>': 'the last n of these steps are made in the environment, after those on data',
    ...SEEDS,
    '--envs <n>': 'parallel environments of each training',
    '--evaluate-every <n>': 'evaluate the policy every n steps, on environments of its own (default: only at the end)',
    '--keep <which>': 'end with the last policy, or with the best of the evaluations: last, best',
    '--stop-at-return <r>': 'end a training when an evaluation has a mean return of at least r',
    '--snapshots <n>': 'leave n policies of the course of each training, for oxbow collect (default: none)',
    ...ENGINE,
    ...CONFIG,
    ...set('any other setting: agent.gamma=0.98, policy.hidden=64,64; may be repeated'),
    '--out <dir>': 'run directory; one that holds the same training is continued (default: runs/train-<time>)',
    ...WORK,
  })
    .description('train an agent on an environment, or go on with a training that was stopped')
    .argument('<env>', ENV_ID)
    .addHelpText(
      'after',
      '\nLater ones win: defaults, those of the environment and the agent, OXBOW_ENGINE, --config, options.\n' +
        '"oxbow list agents <agent>" and "oxbow list policies <policy>" show all settings.',
    )
    .action(does(async () => (await import('./train.ts')).train));

  const resume = withOptions(new Command('resume'), { ...CODE, ...ENV, ...WORKERS })
    .description('go on with a run that was stopped, a training from its last checkpoints')
    .argument('<dir>', 'a run directory')
    .action(does(async () => (await import('./run.ts')).resume));

  const evaluate = withOptions(new Command('eval'), {
    ...CODE,
    '--episodes <n>': { means: 'episodes of each policy', usual: '100' },
    ...acting(true),
    '--env <id>': 'another environment than that of the training; of a file the one to act in',
    ...ONNX,
    '--seed <n>': { means: 'seed of the episodes, the same for all policies', usual: '0' },
    '--json <file>': 'write the returns, lengths and outcomes of all episodes to a file',
    '--record <dir>':
      'write a page into this folder for each policy, which plays one more episode of it; of one policy, as an animated picture: episode.png',
  })
    .description(
      "run episodes with a run's trained policies, of a training that goes on or was stopped with its last ones, or with the policy of a file",
    )
    .argument('<dir>', 'a run directory, a file of a saved policy, or one .onnx')
    .action(does(async () => (await import('./eval.ts')).evaluateRun));

  const collect = withOptions(new Command('collect'), {
    ...LOAD,
    '--policy <what>': {
      means:
        'who acts: random (where none is named), demonstrators at a lake, the file of a saved policy, a file .onnx, a run with all its policies, or its snapshots, run@step or run@all; may be repeated',
      as: 'list',
    },
    '--shares <list>': 'how the episodes are shared among the --policy options: 1,3 (default: evenly)',
    '--episodes <n>': { means: 'how many episodes, of all policies together', as: 'required' },
    '--noise <x>': {
      means:
        'noise on actions: its standard deviation, where 1 is half of their range; of choices, the share that is random',
      usual: '0',
    },
    ...ONNX,
    ...acting(false),
    '--seed <n>': { means: 'seed of the episodes', usual: '0' },
    '--envs <n>': 'parallel environments, of which the episodes depend on the number (default: 16)',
    '--infos <list>': 'infos to keep beside observations, by their names: x_position,reward_ctrl; numbers alone',
    ...set('an option of the environment, env.key, or of demonstrators, demonstrators.upperShare; may be repeated'),
    '--out <dir>': {
      means: 'folder of the dataset; one that the same command has begun is gone on with',
      as: 'required',
    },
  })
    .description('play episodes of one policy or several into a dataset, or go on with one that was stopped')
    .argument('<env>', ENV_ID)
    .action(does(async () => (await import('./collect.ts')).collect));

  const dataset = new Command('dataset').description('show datasets, check them, write them in other formats');
  dataset
    .command('show')
    .description('what is in a dataset, who acted, and the hash of what it holds')
    .argument('<dataset>', DATASET)
    .action(does(async () => (await import('./dataset.ts')).showDataset));
  dataset
    .command('check')
    .description('read all of a dataset: that nothing is damaged, all fits its spaces, and no number is missing')
    .argument('<dataset>', DATASET)
    .action(does(async () => (await import('./dataset.ts')).checkDataset));
  dataset
    .command('convert')
    .description('write a dataset in another format, with equal numbers')
    .argument('<dataset>', DATASET)
    .argument('<out>', 'a new folder, or a file .jsonl or .csv')
    .option('--to <format>', 'oxbow, minari, lerobot, jsonl or csv (default: by the ending of a file, else oxbow)')
    .action(does(async () => (await import('./dataset.ts')).convertDataset));
  dataset
    .command('finish')
    .description('keep what there is of a dataset whose collecting was stopped')
    .argument('<dataset>', "a folder in oxbow's format")
    .action(does(async () => (await import('./dataset.ts')).finishCollected));

  const verify = withOptions(new Command('verify'), {
    ...CODE,
    ...ENV,
    '--job <id>': { means: 'only this job, a folder below jobs/; may be repeated', as: 'list' },
    '--sample <share>': 'only a share of the finished jobs, drawn at random: 0.05',
    ...WORKERS,
  })
    .description('do the jobs of a stored run again and compare every byte; the run itself is only read')
    .argument('<dir>', 'a run directory')
    .action(does(async () => (await import('./verify.ts')).verify));

  const tuneTrain = withOptions(new Command('train'), {
    ...LOAD,
    ...AGENT,
    '--policy <list>':
      'a policy, or several, each of which has as many trials: a,b (default: the one that the agent needs, or the usual one for the actions)',
    '--trials <n>': 'settings drawn for each policy (default: 16)',
    '--search <name>': 'how they are drawn: latin-hypercube, random',
    '--halving <n>': 'stop all but the best 1/n of the trials early, round by round: 3 (default: 1, none)',
    '--space <file>': 'where settings are searched, as JSON (default: where those of the agent usually lie)',
    '--greedy': 'judge greedy actions in place of sampled ones',
    '--over <what>': 'judge by the mean of the seeds, or by the worst of them: mean, worst',
    '--steps <n>': 'environment steps of each training',
    '--seeds <n|list>': 'seeds of each trial, how many from 1000 on, or which: 5, or 1003,1005 (default: 2)',
    '--seed <base>': FIRST_SEED,
    '--envs <n>': 'parallel environments of each training',
    ...ENGINE,
    ...CONFIG,
    ...set('any other setting, which all trials have unless it is searched: agent.gamma=0.98'),
    '--out <dir>': 'run directory; one that holds the same search is continued (default: runs/train-tuning-<time>)',
    ...WORK,
  })
    .description('search for the settings of a training, or go on with a search that was stopped')
    .argument('<env>', ENV_ID)
    .addHelpText(
      'after',
      '\nThe run directory gets tuned.json, the best settings: "oxbow train <env> --agent <name> --config tuned.json" uses them.',
    )
    .action(does(async () => (await import('./tune.ts')).tuneTrain));
  const tune = new Command('tune').description('search for settings').addCommand(tuneTrain);

  const list = withOptions(new Command('list'), LOAD)
    .description('list experiments, environments, agents and policies, or all settings of one of them')
    .argument('[what]', 'experiments, envs, agents, policies, settings, or the name of an experiment')
    .argument('[name]', 'list the settings of this experiment, environment, agent or policy')
    .addHelpText(
      'after',
      '\n"oxbow list agents ppo" and "oxbow list envs Lake-v0" show their settings. Experiments of --load <file> are listed too.',
    )
    .action(does(async () => (await import('./list.ts')).list));

  const report = withOptions(new Command('report'), {
    ...LOAD,
    '--out <file>': 'where the comparison of several runs goes (default: comparison.html)',
    '--tables': 'print the tables of a run that has answers, too',
  })
    .description('write the tables, summary and report of a run again, or compare several runs')
    .argument('<dirs...>', 'a run directory, or several to compare')
    .action(does(async () => (await import('./report.ts')).report));

  const figure = withOptions(new Command('figure'), LOAD)
    .description('draw one figure of a report as SVG, for light and for dark backgrounds')
    .argument('<dir>', 'a run directory')
    .argument('<name>', 'the name of the figure, as in cloning-Lake-v0-walks; an unknown name lists all')
    .argument('<path>', 'writes <path>-light.svg and <path>-dark.svg')
    .action(does(async () => (await import('./report.ts')).figure));

  const exported = withOptions(new Command('export'), {
    '--html <file>': 'as a page of one file that plays episodes, without a server and without a network',
    '--onnx <file>': 'as an ONNX model, for any runtime of ONNX',
    ...ONE_POLICY,
  })
    .description('write a trained policy as a page or as ONNX')
    .argument('<policy>', A_POLICY)
    .action(does(async () => (await import('./export.ts')).exportPolicy));

  const play = withOptions(new Command('play'), {
    '--port <n>': { means: 'the port of the page on this machine; 0 for any that is free', usual: '0' },
    ...ONE_POLICY,
  })
    .description('show in a browser how a trained policy acts, until it is stopped')
    .argument('<policy>', A_POLICY)
    .action(does(async () => (await import('./play.ts')).play));

  const init = withOptions(new Command('init'), { '--typescript': 'in TypeScript, run by tsx' })
    .description('write a small project: an environment, a program that trains, a test')
    .argument('[folder]', 'where; the folder that one is in by default')
    .action(does(async () => (await import('./init.ts')).init));

  const worker = withOptions(new Command('worker'), {
    ...CODE,
    ...ENV,
    ...WORKERS,
    '--workers <n>': 'jobs at a time (default: the number of cores, divided by --threads)',
  })
    .description('do jobs of runs that were started with --queue, here or on other machines, until it is stopped')
    .argument('<redis>', 'the address of a Redis: redis://host:6379')
    .action(does(async () => (await import('./run.ts')).worker));

  return [
    init,
    run,
    train,
    resume,
    evaluate,
    play,
    exported,
    collect,
    dataset,
    verify,
    tune,
    list,
    report,
    figure,
    worker,
  ];
}
