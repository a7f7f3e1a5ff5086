import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the webhook loads no API client, and no store: what it starts with costs every delivery', async () => {
  const { metafile } = await build({
    entryPoints: ['functions/webhook.ts'],
    ...{ bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node24' },
    ...{ write: false, metafile: true, logLevel: 'silent' },
  });

  const own = Object.keys(metafile.inputs);
  const packages = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
  expect(own).toContain('lib/inbound/receive.ts');
  expect(
    own.filter((path) => /\/(rest|oauth|api|directory|directories|client|mirror)\.ts$/.test(path)),
  ).toEqual([]);
  expect(packages).not.toContain('jose');
  expect(packages).not.toContain('@aws-sdk/client-dynamodb');
});
