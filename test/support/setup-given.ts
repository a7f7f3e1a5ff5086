import { COMMON_FLAGS, readFlags } from '../../scripts/command.ts';
import { SETUP_FLAGS, type SetupGiven } from '../../scripts/setup-arguments.ts';

/** What a set-up is called with, out of its command line. */
export function setupGiven(args: string[]): SetupGiven {
  return readFlags(args, { ...SETUP_FLAGS, stage: COMMON_FLAGS.stage });
}
