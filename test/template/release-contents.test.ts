import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { describe, expect, it } from 'vitest';
import { physicalNames } from '../../local/cloud/template/physical.ts';
import { resolveTemplate } from '../../local/cloud/template/resolve.ts';
import { FUNCTIONS, packagedTemplate, ROOT, resolve } from './packaged.ts';
import { read, release, template } from './released.ts';

function resolved(parameters: Record<string, string>) {
  const world = { region: 'eu-west-1', accountId: '111122223333', stackName: 'stack', parameters };
  return resolveTemplate(template, { ...world, physical: physicalNames(template, world) });
}

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
    const deployed = resolve(await packagedTemplate()).Resources;

    const withoutCode = (resources: typeof Resources) =>
      Object.fromEntries(
        Object.entries(resources)
          .filter(([logicalId]) => !logicalId.startsWith('ServerlessDeploymentBucket'))
          .map(
            ([
              logicalId,
              {
                Type,
                Properties: { Code, Handler, ...properties },
              },
            ]) => [logicalId, { Type, properties }],
          ),
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
    expect(names).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(esbuild|vitest|osls|dynalite)$/)]),
    );
    for (const component of components) {
      const file = join(ROOT, 'node_modules', nameOf(component), 'package.json');
      const installed = JSON.parse(await readFile(file, 'utf8'));
      expect([nameOf(component), component.version]).toEqual([installed.name, installed.version]);
      expect(component.licenses).toEqual([{ license: { id: installed.license } }]);
      expect(component.purl).toBe(`pkg:npm/${nameOf(component).replace('@', '%40')}@${installed.version}`);
      expect(component.hashes).toEqual([
        { alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) },
      ]);
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
