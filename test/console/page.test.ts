import { createServer } from 'node:http';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listen } from '../../local/listen.ts';
import { OWN_CONFIG, readConfigFile } from '../../scripts/config-file.ts';
import { startConsole } from '../../scripts/console/console.ts';
import type { Delivery } from '../../scripts/console/stream.ts';
import { confirm, inspect, launch, openTab, press, says, tryAt } from './browser.ts';
import { openWorld } from './world.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const IMAGE = '<img/src=x/onerror=window.pwned=1>';

test('the story is played in the page, from an empty Velt to a leaver gone, and every view can be read', async () => {
  const { cloud, url, origin, close } = await openWorld();
  const { page, hosts, faults } = await openTab(browser, url);
  const go = (path: string) => page.goto(`${origin}/#/${path}`);
  const wrong: string[] = [];
  await says(page, 'Nobody has to look.');
  expect(page.url()).toBe(`${origin}/#/health`);
  expect(cloud.state()).toEqual({});

  await tryAt(page, 'okta', 'create a person', { name: 'Ada Exämple' });
  await tryAt(page, 'okta', 'create a person', { name: `${IMAGE} 例え` });
  await tryAt(page, 'okta', 'add to a group', { person: 'Ada Exämple', group: 'Engineering' });
  await tryAt(page, 'auth0', 'create a person', { name: 'Grace Example' });
  await cloud.post('okta', '[');
  await cloud.idle();
  wrong.push(...(await inspect(page, 'try')));

  await go('stream');
  await says(page, 'Ada Exämple');
  await page.waitForFunction(() =>
    [...document.querySelectorAll('td .state')].every((one) => one.textContent !== 'on its way'),
  );
  wrong.push(...(await inspect(page, 'stream')));
  await press(page, 'group.user_membership.add');
  await says(page, 'Folded into what is known: 1');
  await says(page, '/v2/organizations/usergroups/users/add');
  await press(page, 'What would it do?');
  await says(page, 'What it would do now');
  wrong.push(...(await inspect(page, 'delivery')));
  await press(page, 'Send');
  await confirm(page, 'dev');
  await press(page, 'Close');

  await go('people');
  await page.type('input[type=search]', 'exäm');
  await says(page, '✓ in Velt');
  wrong.push(...(await inspect(page, 'people')));
  await press(page, 'Ada Exämple');
  await says(page, '✓ Velt confirmed it');
  wrong.push(...(await inspect(page, 'person')));
  await press(page, 'Ask again now');
  await confirm(page, 'dev');
  await go('organization/acme-workforce');
  await says(page, '= the same');
  wrong.push(...(await inspect(page, 'organization')));
  await go('group/okta/group%3A00gb7engi0EXAMPLE1d7');
  await says(page, 'Ada Exämple');
  wrong.push(...(await inspect(page, 'group')));

  await go('health');
  await says(page, 'the body is not JSON');
  await press(page, 'Make a plan');
  await says(page, 'people are listed');
  await press(page, 'Ask the doctor');
  await says(page, 'its mend');
  wrong.push(...(await inspect(page, 'health')));
  await press(page, 'Apply this plan');
  await confirm(page, 'dev');
  await press(page, 'Close');
  await press(page, 'Pause delivering');
  await confirm(page, 'dev');
  await press(page, 'Close');
  await press(page, 'Go on with delivering');
  await confirm(page, 'dev');
  await press(page, 'Close');
  await cloud.idle();
  expect(Object.keys(cloud.state()['acme-workforce']?.users ?? {}).length).toBeGreaterThan(10);

  await tryAt(page, 'okta', 'deactivate', { person: 'Ada Exämple' });
  await cloud.idle();
  const names = Object.values(cloud.state()['acme-workforce']?.users ?? {}).map(({ name }) => name);
  expect(names).not.toContain('Ada Exämple');
  expect(names).toContain(`${IMAGE} 例え`);
  await go('people');
  await page.type('input[type=search]', 'exämple');
  await says(page, 'they are deactivated');

  expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
  expect([...hosts]).toEqual([new URL(origin).host]);
  expect([wrong, faults]).toEqual([[], []]);
  await close();
});

test('with --read-only every act is off, and says why', async () => {
  const { url, close } = await openWorld({ isReadOnly: true });
  const { page } = await openTab(browser, url);
  await says(page, 'read only');
  await says(page, 'Pause delivering');
  const buttons = await page.$$eval('button[title]', (all) =>
    all.map(({ disabled, title }) => [disabled, title]),
  );
  expect(buttons.length).toBeGreaterThan(2);
  for (const [isOff, why] of buttons)
    expect([isOff, why]).toEqual([true, expect.stringContaining('--read-only')]);
  await close();
});

test('a page of another origin gets nothing, and nobody without the token', async () => {
  const { url, origin, close } = await openWorld();
  const elsewhere = await listen(
    createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('elsewhere'),
    ),
    0,
  );
  const { page } = await openTab(browser, elsewhere.url);
  const token = new URL(url).hash.slice('#token='.length);
  const got = await page.evaluate(
    async (to, token) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const ask = (init: RequestInit) =>
        fetch(`${to}/api/ask/status`, init).then((answer) => answer.type, String);
      const frame = document.createElement('iframe');
      frame.src = to;
      document.body.append(frame);
      await new Promise((resolve) => frame.addEventListener('load', resolve));
      return [
        await ask({ method: 'POST', headers, body: '{}' }),
        await ask({ method: 'POST', mode: 'no-cors', body: '{}' }),
      ];
    },
    origin,
    token,
  );
  expect(got).toEqual(['TypeError: Failed to fetch', 'TypeError: Failed to fetch']);
  const [frame] = page.mainFrame().childFrames();
  const framed = await frame?.evaluate(() => [location.protocol, document.getElementById('page')]);
  expect(framed).toEqual(['chrome-error:', null]);
  const { page: stranger } = await openTab(browser, origin);
  await says(stranger, 'open the address that the terminal printed');
  expect(await stranger.evaluate(() => document.body.innerText)).not.toContain('Nobody has to look');
  await Promise.all([close(), elsewhere.close()]);
});

test('a page that is left open for 20,000 deliveries does not grow', async () => {
  const line = (nth: number): Delivery => ({
    ...{ id: `d${nth}`, at: nth, source: 'okta', types: ['user.lifecycle.create'], status: 200, ms: 3 },
    ...{
      about: [{ kind: 'person', id: `00u${nth}`, name: `Person ${nth}` }],
      outcome: 'delivered',
      doneAt: nth,
    },
  });
  const wake = new EventTarget();
  let sent = 0;
  let wanted = 0;
  const { url, close } = await startConsole({
    call: async () => ({ code: 0, said: '' }),
    config: readConfigFile(OWN_CONFIG),
    ...{ stage: 'dev', flags: ' --local', isLocal: true, isReadOnly: false, port: 0 },
    deliveries: {
      recent: () => [],
      path: async () => undefined,
      async *follow(signal) {
        while (!signal.aborted) {
          while (sent < wanted) {
            sent += 1;
            yield line(sent);
            if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
          }
          await new Promise((resolve) => wake.addEventListener('more', resolve, { once: true }));
        }
      },
    },
  });
  const { page } = await openTab(browser, url);
  await page.goto(`${new URL(url).origin}/#/stream`);
  await says(page, 'No delivery yet');
  const after = async (count: number) => {
    wanted = count;
    wake.dispatchEvent(new Event('more'));
    await says(page, `Person ${count}\t`);
    const session = await page.createCDPSession();
    await session.send('HeapProfiler.collectGarbage');
    const { JSHeapUsedSize = 0, Nodes = 0 } = await page.metrics();
    return { heap: JSHeapUsedSize, nodes: Nodes };
  };
  const early = await after(2_000);
  const late = await after(20_000);
  expect(late.heap).toBeLessThan(early.heap * 1.25);
  expect(late.nodes).toBeLessThan(early.nodes * 1.25);
  await close();
});
