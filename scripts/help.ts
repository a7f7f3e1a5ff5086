import { COMMON_FLAGS, type Command, type Flags, type Listed } from './command.ts';
import { tableText } from './table.ts';

const GROUPS: Record<Listed['group'], string> = {
  look: 'Look',
  repair: 'Repair',
  'set up': 'Set up',
  try: 'Try',
};

/** All commands in their groups, one line each. */
export function overview(commands: Record<string, Listed>): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const groups = Object.entries(GROUPS).flatMap(([group, title]) => {
    const lines = Object.entries(commands)
      .filter(([, listed]) => listed.group === group)
      .map(([name, { about }]) => `  ${name.padEnd(width)}   ${about}`);
    return lines.length > 0 ? [`${title}\n${lines.join('\n')}`] : [];
  });
  return [
    'Usage: npm run sync -- <command> …',
    ...groups,
    `Of every command\n${flagLines(COMMON_FLAGS)}`,
    'npm run sync -- help <command> tells more of one.',
  ].join('\n\n');
}

/** How a command is called, on one line. */
export function usage(name: string, { takes, flags = {} }: Command): string {
  const own = Object.entries(flags).map(([flag, spec]) => `[--${flagText(flag, spec)}]`);
  return ['Usage: npm run sync -- ', name, takes ?? [], ...own].flat().join(' ').replace('--  ', '-- ');
}

/** The help of one command. */
export function helpText(name: string, { about }: Listed, command: Command): string {
  const { flags = {}, more, exits } = command;
  const { 0: done = 'it is done', 1: left = 'something is left, or failed' } = exits ?? {};
  return [
    usage(name, command),
    `${about.charAt(0).toUpperCase()}${about.slice(1)}.`,
    ...(more === undefined ? [] : [more]),
    flagLines({ ...flags, ...COMMON_FLAGS }),
    `Exits with 0 where ${done}; 1 where ${left}; 2 for a wrong argument.`,
  ].join('\n\n');
}

function flagLines(flags: Flags): string {
  return tableText(
    Object.entries(flags).map(([name, flag]) => {
      const usual = flag.type === 'string' && flag.default !== undefined ? ` (${flag.default})` : '';
      return [`--${flagText(name, flag)}`, `${flag.about}${usual}`];
    }),
  );
}

function flagText(name: string, flag: Flags[string]): string {
  return flag.type === 'string' ? `${name} ${flag.value}` : name;
}
