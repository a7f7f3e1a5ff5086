import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud } from '../../local/cloud/cloud.ts';
import { readZip } from '../../local/cloud/lambda/zip.ts';
import { physicalNames } from '../../local/cloud/template/physical.ts';
import { resolveTemplate } from '../../local/cloud/template/resolve.ts';
import type { Template } from '../../local/cloud/template/template.ts';
import { makeRelease } from '../../scripts/release.ts';
import { FUNCTIONS, ROOT } from './packaged.ts';

/** All that a release is made of. */
const PROJECT = ['functions', 'lib', 'local', 'scripts', 'resources', 'docs'];
const FILES = ['serverless.yml', 'package.json', 'package-lock.json', 'directory.config.json'];
const PAPERS = ['directory.config.schema.json', 'LICENSE', 'CHANGELOG.md'];
const CORP = JSON.stringify({ sources: { corp: { kind: 'okta', organization: 'acme' } } });

let folder: string;
let release: string;
let template: Template;

/** Makes a release of the project as it is under `root`, into a folder of its own. */
async function releaseOf(root: string, name: string): Promise<string> {
  const out = join(folder, name);
  await makeRelease({ root, config: join(root, 'directory.config.json'), out });
  return out;
}

async function copyOfProject(): Promise<string> {
  const root = join(folder, 'another place', 'deeper');
  for (const path of [...PROJECT, ...FILES, ...PAPERS])
    await cp(join(ROOT, path), join(root, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

async function contentsOf(place: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const contents = await Promise.all(paths.sort().map((path) => readFile(path)));
  return new Map(paths.map((path, position) => [path.slice(place.length + 1), contents[position] as Buffer]));
}

const read = (name: string) => readFile(join(release, name), 'utf8');

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

function resolved(parameters: Record<string, string>) {
  const world = { region: 'eu-west-1', accountId: '111122223333', stackName: 'stack', parameters };
  return resolveTemplate(template, { ...world, physical: physicalNames(template, world) });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'release-test-'));
  release = await releaseOf(ROOT, 'release');
  template = JSON.parse(await read('template.json'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

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

  it('replaces an earlier release, and nothing else', async () => {
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

    const named = [...parameters.matchAll(/`([A-Z]\w+)`(?=[^|\n]*\|)/g)].map(([, name]) => name);

    expect(new Set(named)).toEqual(new Set(Object.keys(template.Parameters ?? {})));
    for (const path of (await contentsOf(release)).keys())
      expect(readme).toContain(path.endsWith('.zip') ? '*.zip' : path.split('/')[0]);
    expect(readme).not.toContain('{version}');
  });
});

describe('the template of a release', () => {
  it('is valid to CloudFormation', () => {
    const engine = new RegoEngine();

    const { status, diagnostics } = engine.validateStandard(new TemplateFile(join(release, 'template.json')));

    engine.free();
    expect(diagnostics.filter(({ severity }) => severity === 'ERROR' || severity === 'FATAL')).toEqual([]);
    expect(status).toBe('OK');
  });

  it('takes every zip from the bucket and under the prefix that it is given', () => {
    const { Resources } = resolved({ CodeBucket: 'ours', CodePrefix: 'sync/7f/' });

    const code = Object.values(Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties.Code);

    expect(code).toEqual(
      expect.arrayContaining(FUNCTIONS.map((name) => ({ S3Bucket: 'ours', S3Key: `sync/7f/${name}.zip` }))),
    );
    expect(code).toHaveLength(FUNCTIONS.length);
  });

  it('has nothing that osls needs for itself, and no name that two stacks of one account would share', () => {
    expect(Object.values(template.Resources).map(({ Type }) => Type)).not.toContain('AWS::S3::Bucket');
    expect(JSON.stringify(template)).not.toMatch(/ServerlessDeployment|"Export"|"RoleName"/);
  });

  it('is otherwise the one that osls deploys', async () => {
    const { Resources } = resolved({ CodeBucket: 'ours', Stage: 'dev' });
    const { packagedTemplate, resolve } = await import('./packaged.ts');
    const deployed = resolve(await packagedTemplate()).Resources;

    const withoutCode = (resources: typeof Resources) =>
      Object.fromEntries(
        Object.entries(resources)
          .filter(([logicalId]) => !logicalId.startsWith('ServerlessDeploymentBucket'))
          .map(([logicalId, { Type, Properties: { Code, Handler, ...properties } }]) => [
            logicalId,
            { Type, properties },
          ]),
      );

    expect(withoutCode(Resources)).toEqual(withoutCode(deployed));
  });

  it('puts the stage and the settings where they belong', () => {
    const { Resources } = resolved({
      ...{ CodeBucket: 'ours', Stage: 'qa', LogLevel: 'WARN' },
      ...{ VeltBaseUrl: 'https://velt.example.com', ReadBack: 'ENABLED' },
    });

    expect(JSON.stringify(Resources)).not.toMatch(/velt-directory-sync-dev|stage-of-the-release/);
    expect(Resources.MirrorTable?.Properties.TableName).toBe('velt-directory-sync-qa-mirror');
    expect(Resources.ReadBackSchedule?.Properties.State).toBe('ENABLED');
    expect(Resources.DeliverLambdaFunction?.Properties.Environment).toMatchObject({
      Variables: { STAGE: 'qa', LOG_LEVEL: 'WARN', VELT_BASE_URL: 'https://velt.example.com' },
    });
  });
});

describe('what a release says of its contents', () => {
  type Component = {
    group?: string;
    name: string;
    version: string;
    purl: string;
    hashes: { alg: string; content: string }[];
    licenses: { license: { id: string } }[];
  };
  const sbom = async () => JSON.parse(await read('sbom.cdx.json'));
  const nameOf = ({ group, name }: Component) => (group ? `${group}/${name}` : name);

  it('names in the SBOM what is bundled, in the version that is installed', async () => {
    const { components }: { components: Component[] } = await sbom();

    const names = components.map(nameOf);

    expect(names).toEqual(expect.arrayContaining(['zod', 'jose', '@aws-sdk/client-sqs', '@middy/core']));
    expect(names).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(esbuild|vitest|osls|dynalite)$/)]));
    for (const component of components) {
      const file = join(ROOT, 'node_modules', nameOf(component), 'package.json');
      const installed = JSON.parse(await readFile(file, 'utf8'));
      expect([nameOf(component), component.version]).toEqual([installed.name, installed.version]);
      expect(component.licenses).toEqual([{ license: { id: installed.license } }]);
      expect(component.purl).toBe(`pkg:npm/${nameOf(component).replace('@', '%40')}@${installed.version}`);
      expect(component.hashes).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
    }
  });

  it('refers in the SBOM to nothing that is not in it', async () => {
    const { metadata, components, dependencies } = await sbom();
    const known = [metadata.component, ...components].map((component) => component['bom-ref']);

    const refs = dependencies.flatMap(({ ref, dependsOn }: { ref: string; dependsOn: string[] }) => [
      ref,
      ...dependsOn,
    ]);

    expect(new Set(refs)).toEqual(new Set(known));
    expect(new Set(known).size).toBe(known.length);
  });

  it('has the licence of everything in the SBOM, with the holder of its copyright', async () => {
    const { components }: { components: Component[] } = await sbom();
    const notices = await read('THIRD-PARTY-NOTICES.txt');

    for (const component of components)
      expect(notices).toContain(`\n${nameOf(component)}@${component.version} (`);
    expect(notices).toContain('Copyright (c) Middy contributors');
    expect(notices).toContain('Apache License');
    expect(notices).not.toContain('<holder>');
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
    expect(stderr).toMatch(/^directory\.config\.json is not valid:/);
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
    await writeFile(join(root, 'directory.config.json'), CORP);
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
