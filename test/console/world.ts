import { createLocalConsole } from '../../local/console/local-console.ts';
import { demoDirectory } from '../../local/demo/directory.ts';
import { packagedTemplate, standUp } from '../pipeline/cloud.ts';

/** A local cloud with its console, closed after the test. */
export async function openWorld({ isReadOnly = false } = {}) {
  await packagedTemplate();
  const page = createLocalConsole(process.cwd(), { directory: demoDirectory });
  const cloud = await standUp({ secondMs: 20, ...page.options });
  const { url, close } = await page.open(cloud, { port: 0, isReadOnly });
  return { cloud, url, origin: new URL(url).origin, close };
}
