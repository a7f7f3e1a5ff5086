import { setTimeout as delay } from 'node:timers/promises';
import { msOf } from '../age.ts';
import { BadArguments, defineCommand } from '../command.ts';
import { lineJson, lineText } from '../log-text.ts';
import { createLogs, FUNCTIONS, type FunctionName, LEVELS, type Level } from '../logs.ts';
import { hashesOf, saltOf } from '../salt.ts';
import { follow } from '../tail.ts';

export const command = defineCommand({
  flags: {
    since: { type: 'string', value: '1h', default: '10m', about: 'begins so far back: 30m, 2h, 3d' },
    function: { type: 'string', value: 'deliver', multiple: true, about: 'only of this function' },
    level: { type: 'string', value: 'warn', default: 'info', about: 'only so bad or worse' },
    person: { type: 'string', value: 'id', about: "only about this person, by the vendor's id" },
    hash: { type: 'string', value: 'hash', about: 'only about whom or what has this hash in the logs' },
    once: { type: 'boolean', about: 'shows what is there, and ends' },
  },
  more: `The lines of all functions until Ctrl-C, with --json a line of JSON each. What Lambda itself writes is shown where something
failed, as an error.`,
  exits: { 0: 'it was ended', 1: 'the logs could not be read' },
  async run({ since, function: named = [], level, person, hash, once = false }, context) {
    const { place, terminal, clock, signal } = context;
    const from = clock() - msOf('since', since);
    const unknown = named.find((name) => !isOneOf(FUNCTIONS, name));
    if (unknown !== undefined) throw new BadArguments(`--function is one of ${FUNCTIONS.join(', ')}`);
    if (!isOneOf(LEVELS, level)) throw new BadArguments(`--level is one of ${LEVELS.join(', ')}`);
    const hashes = await hashesOf({ person, hash }, async () => saltOf(await place()));
    const logs = createLogs(await place(), signal);
    const least = LEVELS.indexOf(level as Level);
    await follow(
      {
        functions: named.length > 0 ? (named as FunctionName[]) : FUNCTIONS,
        ...{ since: from, once },
        terms: hashes.length > 0 ? { all: hashes } : undefined,
      },
      {
        ...{ logs, clock, signal },
        show: (line) => {
          if (LEVELS.indexOf(line.level) >= least) terminal.line(lineJson(line), lineText(line));
        },
        sleep: (ms) => delay(ms, undefined, { signal }).catch(() => undefined),
      },
    );
    return true;
  },
});

function isOneOf(list: readonly string[], value: string): boolean {
  return list.includes(value);
}
