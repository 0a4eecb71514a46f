import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError, orInputError } from '../experiment/errors.ts';
import { policyPage } from '../report/policyPage.ts';
import { EXIT } from '../run/environment.ts';
import { loadSource, type SourceFlags, sourceOf } from './export.ts';
import type { CommandContext } from './options.ts';
import { numberOption } from './run.ts';

interface PlayFlags extends SourceFlags {
  readonly port: string;
}

/** Where the page is: on this machine alone. */
const HOST = '127.0.0.1';

/** A page of another site that has its name lead here would send that name. */
const OWN_NAMES = /^(127\.0\.0\.1|localhost)(:\d+)?$/i;

/** `oxbow play <what>`: the page of a trained policy, served to browsers of this machine until a signal comes. */
export async function play(context: CommandContext, path: string, flags: PlayFlags): Promise<number> {
  const isPort = (n: number) => Number.isInteger(n) && n >= 0 && n < 2 ** 16;
  const port = numberOption('--port', flags.port, 'an integer from 0 to 65535', isPort);
  const page = await pageOf(context, path, flags);
  const server = createServer((request, response) => {
    const [status, text] = answer(request, page);
    const type = status === 200 ? 'text/html' : 'text/plain';
    response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(text);
  });
  server.listen(port, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'EADDRINUSE' ? 'is in use' : `cannot be had: ${message}`;
    throw new InputError(`--port: ${port} ${problem}, expected another one`);
  }
  process.stdout.write(`Playing at http://${HOST}:${(server.address() as AddressInfo).port}/ until Ctrl-C\n`);
  // Nothing closes it: a signal ends the process, also beside open connections.
  await once(server, 'close');
  return EXIT.ok;
}

async function pageOf(context: CommandContext, path: string, flags: SourceFlags): Promise<string> {
  const played = await loadSource('play', await sourceOf('play', context, path, flags), flags);
  try {
    return await orInputError(() => policyPage('play', played));
  } finally {
    played.policy.dispose();
  }
}

/** The status of a request, and what it gets. */
function answer({ method, url, headers }: IncomingMessage, page: string): readonly [number, string] {
  if (!OWN_NAMES.test(headers.host ?? '')) return [403, `expected the address http://${HOST}\n`];
  if (url !== '/') return [404, 'only / is here\n'];
  return method === 'GET' ? [200, page] : [405, 'expected GET\n'];
}
