import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { DirectoryConfig, readConfig } from '../lib/config.ts';
import { ConfigError } from '../lib/errors.ts';
import { parse } from '../lib/parse.ts';
import { DeploySettings, settingsOf } from './deploy-settings.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The project's own configuration: the demo, the local cloud and the tests go by it, whatever a stage's says. */
export const OWN_CONFIG = join(ROOT, 'local/demo/config.json');

/** Where the configuration is that a command goes by: the file that was named with `--config`, or else the stage's. */
export function configFileOf(
  { stage, config }: { stage: string; config?: string | undefined },
  root = ROOT,
): string {
  return config === undefined ? join(root, 'config', `${stage}.json`) : resolve(config);
}

/** What stands in the file of a configuration. */
export interface ConfigFile {
  config: DirectoryConfig;
  /** The same as it was given, for the bundles. */
  given: object;
  /** What the template is made with, by the names of its parameters. */
  settings: ReturnType<typeof settingsOf>;
}

/**
 * Reads the file of a configuration. Throws one ConfigError that names the file and lists every fault, also where it is
 * missing or no JSON: Node's own words for that name neither the file nor the mend.
 */
export function readWholeFile(file: string): ConfigFile {
  return readWhole(jsonIn(file), nameOf(file));
}

/** What the file of that name holds, checked. Throws as {@link readWholeFile}. */
export function readWhole(value: unknown, name: string): ConfigFile {
  const { $schema: _, deploy, ...given } = parse(z.record(z.string(), z.unknown()), value, name);
  const issues: ConfigError['issues'] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      issues.push(...error.issues);
      return undefined;
    }
  };
  const config = attempt(() => readConfig(given));
  const read = attempt(() => parse(z.object({ deploy: DeploySettings }), { deploy }, name));
  const settings = config && read && attempt(() => settingsOf(read.deploy, config));
  if (!config || !settings) throw new ConfigError(name, issues);
  return { config, given, settings };
}

/** The configuration in a file, as {@link readWholeFile} reads it. */
export function readConfigFile(file: string): DirectoryConfig {
  return readWholeFile(file).config;
}

function jsonIn(file: string): unknown {
  if (!existsSync(file)) throw new ConfigError(nameOf(file), [{ path: '(whole)', message: mendOf(file) }]);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError(nameOf(file), [{ path: '(whole)', message }]);
  }
}

/** The JSON Schema of the file of a configuration. */
export function schemaOfFile(): object {
  const { properties, ...schema } = z.toJSONSchema(DirectoryConfig, { io: 'input' });
  const { $schema: _, ...deploy } = z.toJSONSchema(DeploySettings, { io: 'input' });
  return { ...schema, properties: { ...properties, deploy } };
}

/** Before there were stages, the configuration had one place: it is not read there, for it would be that of every stage. */
function mendOf(file: string): string {
  const folder = dirname(file);
  const old = join(dirname(folder), 'directory.config.json');
  if (existsSync(old)) return `there is no such file; move yours there: mv ${nameOf(old)} ${nameOf(file)}`;
  const example = join(folder, 'example.json');
  if (!existsSync(example)) return 'there is no such file';
  return `there is no such file; begin with the example: cp ${nameOf(example)} ${nameOf(file)}`;
}

/** As somebody would write it where the command was started. */
function nameOf(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}
