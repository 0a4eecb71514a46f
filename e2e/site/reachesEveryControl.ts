import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** From the first control of the lab on, Tab goes to each in the order of the page, and each is outlined while it has the focus. */
export async function reachesEveryControl(page: Page): Promise<void> {
  const controls = await page.$$eval('.lab :is(a[href], button, input, select, summary, [tabindex])', (all) =>
    all
      .filter((control) => !control.matches(':disabled'))
      .map((control, i) => {
        control.setAttribute('data-control', String(i));
        return control.outerHTML.slice(0, 80);
      }),
  );
  const focused = () =>
    page.evaluate(() => {
      const { dataset } = document.activeElement as HTMLElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!);
      return { control: dataset.control, outlined: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 };
    });
  await page.locator('.lab').evaluate((lab) => {
    // Where Tab goes on from.
    lab.setAttribute('tabindex', '-1');
    (lab as HTMLElement).focus();
    lab.removeAttribute('tabindex');
  });
  for (const [i, control] of controls.entries()) {
    await page.keyboard.press('Tab');
    expect([control, await focused()]).toEqual([control, { control: String(i), outlined: true }]);
  }
  await page.keyboard.press('Tab');
  expect((await focused()).control).toBeUndefined();
}
