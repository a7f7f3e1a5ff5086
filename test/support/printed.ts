import { onTestFinished, vi } from 'vitest';
import { createLog, createMeter } from '../../lib/observability.ts';

export const SALT = 'example-salt-of-a-stack';

/** The log and the meter that functions have, and what they print until the test is over. */
export function makePrinting() {
  vi.stubEnv('LOG_LEVEL', 'INFO');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'velt-directory-sync');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'VeltDirectorySync');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  const printed: string[] = [];
  const keep = (chunk: unknown) => printed.push(String(chunk)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  const log = createLog(SALT);
  const meter = createMeter('dev');
  /** The log lines with this message. */
  const lines = (message: string): Record<string, unknown>[] =>
    printed.map((line) => JSON.parse(line)).filter((line) => line.message === message);
  return { log, meter, printed, lines };
}
