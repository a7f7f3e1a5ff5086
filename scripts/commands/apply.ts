import { applyThrough } from '../apply.ts';
import { defineCommand } from '../command.ts';
import { readPlanFile } from '../plan-file.ts';

export const command = defineCommand({
  takes: '<plan-okta.json>',
  more: 'Takes the file that the command plan wrote. Read it first: it says who would lose what.',
  exits: { 1: 'the run was stopped, interrupted or failed' },
  async run({ args: [file = ''] }, { session, terminal }) {
    const plan = readPlanFile(file);
    const run = await applyThrough(plan, file, await session());
    terminal.show({ run });
    return run?.state === 'done';
  },
});
