import { readFileSync } from 'node:fs';
import { type DirectoryConfig, notReadable, readConfigText } from '../lib/config.ts';

/** The configuration of this project, wherever a command is started. */
export const CONFIG_FILE = new URL('../directory.config.json', import.meta.url);

/**
 * Reads a directory.config.json. Throws one ConfigError that names the file and lists every fault, also where it is missing
 * or no JSON.
 */
export function readConfigFile(file: URL | string): DirectoryConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw notReadable(error);
  }
  return readConfigText(text);
}
