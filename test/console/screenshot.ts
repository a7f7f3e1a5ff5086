import { join } from 'node:path';
import { startCloud } from '../../local/cloud/cloud.ts';
import { packageProject } from '../../local/cloud/package.ts';
import { createLocalConsole } from '../../local/console/local-console.ts';
import { demoDirectory } from '../../local/demo/directory.ts';
import { installIn } from '../support/npm-ci.ts';

/** `npm run screenshot` writes the picture of the README, docs/console.png: one delivery's way, of an invented person. */
const ROOT = join(import.meta.dirname, '../..');
const PICTURE = join(ROOT, 'docs/console.png');

installIn(import.meta.dirname);
const { launch, openTab, press, says, tryAt } = await import('./browser.ts');
await packageProject(ROOT);
const local = createLocalConsole(ROOT, { directory: demoDirectory });
const cloud = await startCloud({ root: ROOT, ...local.options });
const { url, close } = await local.open(cloud, { port: 0, isReadOnly: false });
const browser = await launch();
const { page } = await openTab(browser, url);
await says(page, 'Nobody has to look.');
await tryAt(page, 'okta', 'create a person', { name: 'Zoë Beispiel' });
await cloud.idle();
await page.goto(`${new URL(url).origin}/#/stream`);
await press(page, 'user.lifecycle.create, user.lifecycle.activate');
await says(page, '✓ Velt confirmed it');
await page.setViewport({ width: 1280, height: 1240 });
await page.screenshot({ path: PICTURE });
console.log(`Written: ${PICTURE}`);
await browser.close();
await close();
await cloud.close();
