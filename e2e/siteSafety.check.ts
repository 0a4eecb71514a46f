import { describe, expect, test } from 'vitest';
import { storedReports } from './site/storedReports.ts';
import { visitSite } from './site/visitSite.ts';

const { address, browser, open } = visitSite();

describe('what somebody has brought into a page', () => {
  const markup = `<script>document.body.dataset.evil = 'a script'</script>
    <script src="data:text/javascript,document.body.dataset.evil='a script of data'"></script>
    <img src="none.png" onerror="document.body.dataset.evil = 'an attribute'">
    <iframe srcdoc="<script>parent.document.body.dataset.evil = 'a frame'</script>"></iframe>
    <base href="https://elsewhere.test/"><link rel="stylesheet" href="https://elsewhere.test/evil.css">`;

  test.each(['/start.html', '/lab.html', '/api/index.html', ...storedReports()])(
    'does not run, and the page does: %s',
    async (path) => {
      const page = await browser.newPage();
      const elsewhere: string[] = [];
      page.on('requestfailed', (request) => {
        // By the policy, and not since there is no such host.
        if (request.url().includes('elsewhere')) elsewhere.push(request.failure()!.errorText);
      });
      await page.addInitScript(() => {
        const refused: string[] = [];
        (window as unknown as { refused: string[] }).refused = refused;
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
          refused.push(effectiveDirective),
        );
      });
      await page.route(`${address}${path}`, async (route) => {
        const response = await route.fetch();
        const text = await response.text();
        expect(text).toMatch(/<body[^>]*>/);
        await route.fulfill({ response, body: text.replace(/<body[^>]*>/, (body) => `${body}${markup}`) });
      });
      await page.goto(`${address}${path}`, { waitUntil: 'networkidle' });
      expect(await page.evaluate(() => document.body.dataset.evil)).toBeUndefined();
      const refused = await page.evaluate(() => (window as unknown as { refused: string[] }).refused);
      // A report has no images, and takes none.
      const own = path.endsWith('/report.html') ? ['img-src'] : [];
      expect(new Set(refused)).toEqual(
        new Set(['script-src-elem', 'script-src-attr', 'base-uri', 'style-src-elem', ...own]),
      );
      expect(new Set(elsewhere)).toEqual(new Set(['csp']));
      expect(await page.textContent('h1')).toMatch(/\w/);
      await page.close();
    },
  );

  test('the search of the reference goes on', async () => {
    const { page, complaints } = await open('/api/index.html');
    await page.click('#tsd-search-trigger');
    await page.fill('#tsd-search-input', 'GaussianPolicy');
    await page.locator('#tsd-search-results li').first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
