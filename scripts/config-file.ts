import { readFileSync } from 'node:fs';
import { type DirectoryConfig, readConfig } from '../lib/config.ts';
import { ConfigError } from '../lib/errors.ts';

/** The configuration of this project, wherever a command is started. */
export const CONFIG_FILE = new URL('../directory.config.json', import.meta.url);

/**
 * Reads a directory.config.json. Throws one ConfigError that names the file and lists every fault, also where it is missing
 * or no JSON: Node's own words for that name neither the file nor the project.
 */
export function readConfigFile(file: URL | string): DirectoryConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError('directory.config.json', [{ path: '(whole)', message }]);
  }
  return readConfig(value);
}
