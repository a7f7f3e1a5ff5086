import { runThrough } from '../backfill.ts';
import { defineCommand } from '../command.ts';
import { sourcesOf } from '../stack.ts';

export const command = defineCommand({
  flags: {
    source: { type: 'string', value: 'okta', about: 'only this source, and not every one with credentials' },
  },
  more: 'Ctrl-C leaves a checkpoint, from which the next call, or the next schedule, goes on.',
  exits: { 1: 'a run was stopped, interrupted or failed' },
  async run({ source }, { session, terminal, signal }) {
    const opened = await session();
    const ended = [];
    let done = true;
    for (const name of sourcesOf(source, opened.stack)) {
      if (signal.aborted) break;
      const run = await runThrough(name, opened);
      if (run) ended.push(run);
      done &&= run?.state === 'done';
    }
    terminal.show({ runs: ended });
    return done && !signal.aborted;
  },
});
