import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../lib/config.ts';
import type { Http } from '../../lib/http/client.ts';
import type { Previews } from '../../lib/reconcile/preview.ts';
import type { Field } from '../../lib/reconcile/preview-fields.ts';
import { createDirectories } from '../../lib/sources/directories.ts';
import { type Auth0Directory, createAuth0 } from '../../local/doubles/auth0/auth0.ts';
import { createOkta, type OktaOptions } from '../../local/doubles/okta/okta.ts';
import { type Asked, previewThrough } from '../../scripts/preview.ts';
import { makeClock } from './factories.ts';
import { createMemoryMirror } from './memory-mirror.ts';

const ORG = 'https://example-org.okta.com';
const TENANT = 'https://example.eu.auth0.com';

/** `npm run sync -- preview` under a configuration, with an Okta org, an Auth0 tenant and a table without a network. */
export function makePreview(
  config: unknown,
  { okta = {}, auth0 = {} }: { okta?: Partial<OktaOptions>; auth0?: Auth0Directory } = {},
) {
  const { clock } = makeClock();
  const org = createOkta({ orgUrl: ORG, clock, ...okta });
  const client = { clientId: 'client', clientSecret: 'secret' };
  const tenant = createAuth0({ tenantUrl: TENANT, clock, random: () => 0, ...client, directory: auth0 });
  const http = (async ({ url, method, headers, body = '' }) => {
    const [vendor, base] = url.startsWith(ORG) ? [org, ORG] : [tenant, TENANT];
    return vendor.handle({ method, headers, body, path: url.slice(base.length) });
  }) as Http;
  const secret = async () => ({
    okta: { url: ORG, ssws: 'example-ssws-token' },
    auth0: { url: TENANT, ...client },
  });
  const table = createMemoryMirror();
  const stack = {
    mirror: { read: async (refs: Parameters<typeof table.read>[0]) => table.read(refs) },
    connect: (sources: Parameters<typeof createDirectories>[0]) =>
      createDirectories(sources, { http, clock, random: () => 0, secret }),
  };
  const show = async (asked: Asked) => {
    const printed: string[] = [];
    const found: unknown[] = [];
    const terminal = {
      show(value: unknown, text = '') {
        found.push(value);
        printed.push(text);
      },
    };
    await previewThrough(asked, { config: readConfig(config), terminal, clock, connect: async () => stack });
    return { text: printed.join('\n'), previews: found[0] as Previews };
  };
  return {
    ...{ table, okta: org, auth0: tenant },
    print: async (asked: Asked) => (await show(asked)).text,
    preview: async (asked: Asked) => (await show(asked)).previews,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'previews-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
let files = 0;

/** The name of a file that holds this: a text, or else JSON. */
export function fileOf(value: unknown): string {
  files += 1;
  const file = join(folder, `${files}.json`);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

/** Value, rule and where it came from, by field. */
export function byField(fields: Field[] = []) {
  return Object.fromEntries(fields.map(({ field, value, rule, from }) => [field, [value, rule, from]]));
}
