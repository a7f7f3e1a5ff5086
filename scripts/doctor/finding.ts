import { WorldFault } from '../../lib/errors.ts';
import { Refused } from '../setup-report.ts';

/**
 * `ok`: it is as it should be. `note`: good to know, nothing to mend. `wrong`: it has to be mended. `unchecked`: nobody knows, for
 * it could not be looked at.
 */
export type Level = 'ok' | 'note' | 'wrong' | 'unchecked';

/** What a check says, and what mends it: a sentence each. Neither has anything secret or personal in it. */
export interface Found {
  level: Level;
  what: string;
  mend?: string | undefined;
}

/** The same with where it was found. */
export interface Finding extends Found {
  room: string;
  source?: string | undefined;
}

export const ok = (what: string): Found => ({ level: 'ok', what });
export const note = (what: string, mend?: string): Found => ({ level: 'note', what, ...(mend && { mend }) });
export const wrong = (what: string, mend: string): Found => ({ level: 'wrong', what, mend });
export const unchecked = (what: string, mend?: string): Found => ({
  ...{ level: 'unchecked', what },
  ...(mend && { mend }),
});

/** What a check found; where it could not be made, that it could not and why: no other check waits for it. Throws nothing. */
export async function looked(at: string, check: () => Promise<Found[]>): Promise<Found[]> {
  try {
    return await check();
  } catch (error) {
    return [unlooked(at, error)];
  }
}

/** AWS says who was not allowed to do what with which resource; the account and the name of the caller are left out. */
const DENIED = /not authorized to perform: ([\w-]+:\w+)/;
const OWN = 'Are --stage, --region and the AWS credentials in the environment its own?';

function unlooked(at: string, error: unknown): Found {
  const cannot = `${at} cannot be looked at`;
  if (error instanceof WorldFault || error instanceof Refused)
    return unchecked(`${cannot}: ${error.message.replace(/\.$/, '')}.`);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const permission = DENIED.exec(message)?.[1];
  if (permission) return unchecked(`${cannot}: a permission is missing.`, `Allow ${permission}.`);
  return unchecked(`${cannot}: ${name}.`, OWN);
}

/** Whether nothing is to be mended, and everything could be looked at. */
export function isHealthy(findings: Found[]): boolean {
  return findings.every(({ level }) => level === 'ok' || level === 'note');
}
