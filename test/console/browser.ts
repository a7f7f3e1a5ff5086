import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const SHOTS = join(import.meta.dirname, 'shots');

/** The two widths at which the page has to be readable. */
export const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } } as const;
export type Size = keyof typeof SIZES;

/** The browser of npm on Linux x64, and else the Chrome that is installed; with the web's rules in force, as a person has them. */
export async function launch(): Promise<Browser> {
  const isBare = process.platform === 'linux' && process.arch === 'x64';
  const args = chromium.args.filter((arg) => !/web-security|site-isolation|insecure/.test(arg));
  return puppeteer.launch(
    isBare
      ? { executablePath: await chromium.executablePath(), args, headless: 'shell' }
      : { channel: 'chrome', headless: true },
  );
}

/** A tab that remembers which hosts it asked, and what went wrong in it. */
export async function openTab(browser: Browser, url: string) {
  const page = await browser.newPage();
  const hosts = new Set<string>();
  const faults: string[] = [];
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (line) => {
    if (['error', 'warn'].includes(line.type())) faults.push(line.text());
  });
  await page.setViewport(SIZES.wide);
  await page.goto(url);
  return { page, hosts, faults };
}

/** Waits until the page says something. */
export async function says(page: Page, text: string): Promise<void> {
  await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), { timeout: 60_000 }, text);
}

/** Presses the button, link or switch of this text, once there is one. */
export async function press(page: Page, text: string): Promise<void> {
  const found = await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll<HTMLElement>('button, a, summary')].find(
        (one) => one.innerText.trim() === wanted && !one.hasAttribute('disabled'),
      ),
    { timeout: 60_000 },
    text,
  );
  await (found.asElement() as unknown as { click: () => Promise<void> } | null)?.click();
}

/** Chooses and types into the form of a vendor in Try, by the labels of its fields, and lets it happen. */
export async function tryAt(
  page: Page,
  source: string,
  act: string,
  values: Record<string, string>,
): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/#/try`);
  await page.waitForSelector(`section[aria-label="${source}"] form`);
  const form = `section[aria-label="${source}"]`;
  await page.select(`${form} form > label select`, act);
  for (const [name, value] of Object.entries(values)) {
    const field = await page.waitForSelector(`${form} [name="${name}"]`);
    const kind = await field?.evaluate((element) => element.tagName);
    if (kind === 'SELECT') {
      const found = await page.waitForFunction(
        (selector, text) =>
          [...(document.querySelector<HTMLSelectElement>(selector)?.options ?? [])].find(
            (option) => option.text === text,
          )?.value,
        { timeout: 60_000 },
        `${form} [name="${name}"]`,
        value,
      );
      const id = await found.jsonValue();
      await page.select(`${form} [name="${name}"]`, id ?? '');
    } else {
      await field?.evaluate((element) => (element as HTMLInputElement).select());
      await field?.type(value);
    }
  }
  await page.click(`${form} form button[type=submit]`);
  await says(page, 'Delivered: 200');
}

/** Does what a dialog asks for, by typing its word. */
export async function confirm(page: Page, word: string): Promise<void> {
  await page.waitForSelector('dialog[open] input');
  await page.type('dialog[open] input', word);
  await page.click('dialog[open] button[type=submit]');
  await page.waitForSelector('dialog[open] output', { timeout: 60_000 });
}

/** Looks at a view at both sizes, dark and light: keeps pictures, and returns what axe finds wrong, and what runs out of the page. */
export async function inspect(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const [size, viewport] of Object.entries(SIZES))
    for (const scheme of ['light', 'dark']) {
      await page.setViewport(viewport);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.screenshot({ path: join(SHOTS, `${name}-${size}-${scheme}.png`) });
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (isWide) found.push(`${name} ${size}: it is wider than the window`);
      await page.evaluate(AXE);
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof import('axe-core') };
        return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      });
      found.push(...violations.map((one) => `${name} ${size} ${scheme}: ${one}`));
    }
  await page.setViewport(SIZES.wide);
  return found;
}
