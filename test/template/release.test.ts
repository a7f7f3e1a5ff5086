import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startCloud } from '../../local/cloud/cloud.ts';
import { readZip } from '../../local/cloud/lambda/zip.ts';
import { FUNCTIONS, ROOT } from './packaged.ts';
import { contentsOf, copyOfProject, folder, read, release, releaseOf, template } from './released.ts';

const CORP = JSON.stringify({ sources: { corp: { kind: 'okta', organization: 'acme' } } });

/** Runs the release's own program on a configuration, as whoever has nothing else would. */
async function configure(text: string, name: string) {
  const file = join(folder, `${name}.json`);
  await writeFile(file, text);
  const out = join(folder, name);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(release, 'configure.mjs'), file, '--out', out],
    { cwd: folder, encoding: 'utf8', env: {} },
  );
  return { status, stderr, prefix: stdout.trim(), out };
}

describe('a release', () => {
  it('is the same to the byte when it is made elsewhere from the same files', async () => {
    const elsewhere = await releaseOf(await copyOfProject(), 'release elsewhere');

    const [one, other] = await Promise.all([release, elsewhere].map(contentsOf));

    const differing = [...(one ?? [])].filter(([path, content]) => !other?.get(path)?.equals(content));
    expect(differing.map(([path]) => path)).toEqual([]);
    expect([...(other?.keys() ?? [])]).toEqual([...(one?.keys() ?? [])]);
  });

  it('says nothing of where it was made', async () => {
    const contents = await contentsOf(release);

    const telling = [...contents].filter(([, content]) =>
      [ROOT, folder, join(tmpdir(), 'release-')].some((place) => content.includes(place)),
    );

    expect(telling.map(([path]) => path)).toEqual([]);
  });

  it('has the checksum of each of its files', async () => {
    const contents = await contentsOf(release);
    const sums = [...contents]
      .filter(([path]) => path !== 'SHA256SUMS')
      .map(([path, content]) => `${createHash('sha256').update(content).digest('hex')}  ${path}`);

    const listed = (await read('SHA256SUMS')).trim().split('\n');

    expect(listed.sort()).toEqual(sums.sort());
  });

  it('is not written over something else', async () => {
    const photos = join(folder, 'photos');
    await mkdir(photos);
    await writeFile(join(photos, 'cat.jpg'), '');

    const refusal = releaseOf(ROOT, 'photos');

    await expect(refusal).rejects.toThrow(`${photos} holds something else than a release`);
    expect(await readdir(photos)).toEqual(['cat.jpg']);
  });

  it('has a README that names its files and its parameters', async () => {
    const readme = await read('README.md');
    const parameters = readme.slice(readme.indexOf('## Parameters'), readme.indexOf('## As a nested stack'));

    const cells = parameters.split('\n').map((row) => row.split('|')[1] ?? '');
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z]\w+)`/g)].map(([, name]) => name));

    expect(new Set(named)).toEqual(new Set(Object.keys(template.Parameters ?? {})));
    const files = [...(await contentsOf(release)).keys()].filter((path) => path !== 'README.md');
    for (const path of files) expect(readme).toContain(path.endsWith('.zip') ? '*.zip' : path.split('/')[0]);
    expect(readme).not.toContain('{version}');
  });
});

describe('configure.mjs', () => {
  it('puts a configuration into every zip, beside the same bundle', async () => {
    const { status, out } = await configure(CORP, 'configured');

    expect(status).toBe(0);
    for (const name of FUNCTIONS) {
      const [given, made] = await Promise.all(
        [release, out].map(async (place) => readZip(await readFile(join(place, `${name}.zip`)))),
      );
      expect(made?.map(({ path }) => path)).toEqual(['index.mjs', 'directory.config.json']);
      expect(made?.[0]).toEqual(given?.[0]);
      expect(made?.[1]?.content.toString()).toBe(CORP);
    }
  });

  it('prints another prefix for another configuration, and the same for the same', async () => {
    const prefixes = [
      await configure(CORP, 'one'),
      await configure(CORP, 'same'),
      await configure(CORP.replace('acme', 'other'), 'other'),
    ].map(({ prefix }) => prefix);

    expect(prefixes[0]).toMatch(/^velt-directory-sync\/[0-9a-f]{16}\/$/);
    expect(prefixes[1]).toBe(prefixes[0]);
    expect(prefixes[2]).not.toBe(prefixes[0]);
  });

  it('refuses a faulty configuration with all of its faults, and writes nothing', async () => {
    const faulty = '{"sources":{"corp":{"kind":"okta","oganization":"acme"}},"tombstoneDay":30}';

    const { status, stderr, out } = await configure(faulty, 'faulty');

    expect(status).toBe(2);
    expect(stderr).toMatch(/^\S+ is not valid:/);
    expect(stderr).toContain('oganization');
    expect(stderr).toContain('tombstoneDay');
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});

describe('a release on the local cloud', () => {
  it('works by the configuration that was put into it, under the stage of its parameters', async () => {
    const { out, prefix } = await configure(CORP, 'deployed');
    const root = await mkdtemp(join(folder, 'root-'));
    await cp(out, join(root, '.serverless'), { recursive: true });
    await mkdir(join(root, 'dist'));
    await writeFile(join(root, 'dist', 'config.json'), CORP);
    const parameters = { CodeBucket: 'ours', CodePrefix: prefix, Stage: 'qa' };
    const cloud = await startCloud({ root, template, parameters });
    try {
      const { url = '', headers } = cloud.sources.corp ?? {};

      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(created('00uada', 'Ada Example')),
      });
      await cloud.idle();

      expect(answer.status).toBe(200);
      expect(cloud.velt?.state().organizations.acme?.users).toHaveProperty('00uada');
      expect((await fetch(`${cloud.baseUrl}/webhooks/okta`, { method: 'POST' })).status).toBe(404);
    } finally {
      await cloud.close();
    }
  });
});

/** What Okta's hook sends when somebody is created. */
function created(id: string, displayName: string) {
  const event = {
    uuid: 'e1',
    published: '2026-09-01T09:15:04.112Z',
    eventType: 'user.lifecycle.create',
    outcome: { result: 'SUCCESS' },
    target: [{ id, type: 'User', alternateId: 'ada@example.com', displayName }],
  };
  return { data: { events: [event] } };
}
