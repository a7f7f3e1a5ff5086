import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readZip } from '../../local/cloud/lambda/zip.ts';
import { readWholeFile } from '../config-file.ts';
import { CONFIG_NAME, zipOf } from './zips.ts';

// configure.mjs of a release: puts a configuration into its zips, once it is checked. Bundled, so that it needs Node and nothing else.
const USAGE =
  'node configure.mjs FILE [--out configured]   puts FILE into the zips beside this program; prints the prefix to copy them to';

/**
 * Writes the zips of the folder `release` with another configuration to `out`. Returns what the keys of the zips should begin with: a
 * prefix of its own for each content, for CloudFormation updates a function only where its key is another one.
 *
 * @throws ConfigError with every fault of the configuration, before anything is written.
 */
export function configure(release: string, file: string, out: string): string {
  const configuration = Buffer.from(JSON.stringify(readWholeFile(file).given));
  const names = readdirSync(release).filter((name) => name.endsWith('.zip'));
  if (names.length === 0) throw new Error(`there are no zips in ${release}`);
  const hash = createHash('sha256');
  mkdirSync(out, { recursive: true });
  for (const name of names.sort()) {
    const bundle = readZip(readFileSync(join(release, name))).find(({ path }) => path !== CONFIG_NAME);
    if (!bundle) throw new Error(`${name} has no bundle in it`);
    const zip = zipOf(bundle, configuration);
    hash.update(name).update(zip);
    writeFileSync(join(out, name), zip);
  }
  return `velt-directory-sync/${hash.digest('hex').slice(0, 16)}/`;
}

function main(): number {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { out: { type: 'string', default: 'configured' }, help: { type: 'boolean' } },
    });
    const [file, ...more] = positionals;
    if (values.help) console.log(USAGE);
    else if (file === undefined || more.length > 0) throw new Error(USAGE);
    else console.log(configure(dirname(fileURLToPath(import.meta.url)), file, values.out));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
