import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { installed, temporaryFolder } from './project.ts';

/** It prints what pages log and their errors, and asks no other machine for anything: its proxy is a port where nobody listens. */
const PREFERENCES = {
  'devtools.console.stdout.content': true,
  'browser.dom.window.dump.enabled': true,
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
};

/**
 * Opens a page in Debian's Firefox, or in the one that `FIREFOX` names: the first text that the page or a worker of it has logged. By no driver:
 * playwright's speaks with a Firefox of its own.
 * @throws at once if the page has an error; after ten minutes if nothing was logged, as where a worker has an error
 */
export async function loggedInFirefox(url: string): Promise<string> {
  using profile = temporaryFolder('firefox');
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile.path, 'user.js'), lines.join(''));
  const program = installed(process.env.FIREFOX ?? '/usr/bin/firefox-esr', 'firefox-esr');
  // What pages log goes to one of its two streams, and their errors to the other.
  const command = ['exec "$@" 2>&1', 'sh', program, '--headless', '--no-remote', '--profile', profile.path, url];
  const firefox = spawn('sh', ['-c', ...command], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 600_000 });
  const ended = once(firefox, 'close');
  try {
    for await (const line of createInterface(firefox.stdout)) {
      const [, logged, error] = /^console\.log: (".*")$|^JavaScript error: (http.*)$/.exec(line) ?? [];
      if (logged !== undefined) return JSON.parse(logged);
      if (error !== undefined) throw new Error(`Firefox: ${error}`);
    }
    throw new Error(`Firefox: ${url} logs nothing`);
  } finally {
    firefox.kill();
    await ended;
  }
}
