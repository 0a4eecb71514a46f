import { type Browser, chromium } from 'playwright-core';

/** Starts Debian's Chromium, or the one that `CHROMIUM` names. */
export function startChromium(...flags: string[]): Promise<Browser> {
  return launch('--disable-gpu', ...flags);
}

/** The same, whose WebGL the processor computes. */
export function startChromiumWithWebGl(): Promise<Browser> {
  return launch('--use-angle=swiftshader', '--enable-unsafe-swiftshader');
}

function launch(...flags: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-background-networking', ...flags],
  });
}

interface Visit {
  /** The first text that the page or a worker of it has logged. */
  readonly printed: string;
  /** Everything else that was logged but for `console.debug`, every uncaught error and failed request. */
  readonly complaints: readonly string[];
  /** The page's HTML after that. */
  readonly content: string;
  /** What was loaded, by address. */
  readonly loaded: ReadonlyMap<string, Buffer>;
}

/** Opens a page and waits until it has logged something. @throws if it has not within so many milliseconds, with its complaints */
export async function visit(browser: Browser, url: string, longest = 60_000): Promise<Visit> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const answers = new Map<string, Promise<Buffer | undefined>>();
  // A development server may reload the page: what it had loaded before is gone then.
  page.on('response', (response) =>
    answers.set(
      response.url(),
      response.body().catch(() => undefined),
    ),
  );
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  try {
    const printed = await new Promise<string>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`${url} prints nothing: ${complaints.join('; ')}`)), longest);
      page.on('console', (message) => {
        if (message.type() === 'log') {
          clearTimeout(limit);
          resolve(message.text());
        } else if (message.type() !== 'debug') complaints.push(`console.${message.type()}: ${message.text()}`);
      });
      page.goto(url).catch(reject);
    });
    const loaded = new Map<string, Buffer>();
    for (const [address, answer] of answers) {
      const body = await answer;
      if (body !== undefined) loaded.set(address, body);
    }
    return { printed, complaints, content: await page.content(), loaded };
  } finally {
    await page.close();
  }
}
