import { writeZip } from './zip.ts';

/** What the configuration is called in a zip, beside the bundle that reads it (functions/wiring/environment.ts). */
export const CONFIG_NAME = 'directory.config.json';

/** The zip of one function: its bundle, and the configuration beside it. */
export function zipOf(bundle: { path: string; content: Buffer }, configuration: Buffer): Buffer {
  return writeZip([bundle, { path: CONFIG_NAME, content: configuration }]);
}
