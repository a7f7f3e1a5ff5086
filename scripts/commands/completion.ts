import { BadArguments, COMMON_FLAGS, defineCommand, type Flags, type Listed } from '../command.ts';

const PROGRAM = 'velt-directory-sync';

export const command = defineCommand({
  takes: '<bash|zsh|fish>',
  more: `For the program ${PROGRAM}, as "npm link" installs it. In bash:
  source <(npm run --silent sync -- completion bash)`,
  async run({ args: [shell = ''] }, { commands, terminal }) {
    const scriptOf = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (!scriptOf)
      throw new BadArguments(`there is no completion of ${shell}, but of ${Object.keys(SHELLS).join(', ')}`);
    const script = scriptOf(await wordsOf(commands));
    terminal.show({ script }, script);
    return true;
  },
});

/** What can stand behind the program, with the flags that can stand behind that. */
interface Completed {
  name: string;
  about: string;
  flags: Flags;
}

const SHELLS: Record<string, (completed: Completed[]) => string> = { bash, zsh, fish };

async function wordsOf(commands: Record<string, Listed>): Promise<Completed[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, { about, load }]) => {
      const { command } = await load();
      return { name, about, flags: { ...command.flags, ...COMMON_FLAGS } };
    }),
  );
}

function bash(completed: Completed[]): string {
  const cases = completed.map(({ name, flags }) => `    ${name}) words="${dashed(flags).join(' ')}" ;;`);
  return `_velt_directory_sync() {
  local words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="help ${completed.map(({ name }) => name).join(' ')}"
  else case "\${COMP_WORDS[1]}" in
    help) words="${completed.map(({ name }) => name).join(' ')}" ;;
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _velt_directory_sync ${PROGRAM}`;
}

function zsh(completed: Completed[]): string {
  const names = completed.map(({ name, about }) => quoted(`${name}:${about}`));
  const cases = completed.map(({ name, flags }) => {
    const specs = Object.entries(flags).map(([flag, { type, about }]) =>
      quoted(`--${flag}[${about.replace(/[[\]]/g, '')}]${type === 'string' ? `:${flag}:_files` : ''}`),
    );
    return `    ${name}) _arguments ${specs.join(' ')} '*:file:_files' ;;`;
  });
  return `#compdef ${PROGRAM}
_velt_directory_sync() {
  local -a commands=(${names.join(' ')})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  shift words; (( CURRENT-- ))
  case "$words[1]" in
${cases.join('\n')}
  esac
}
compdef _velt_directory_sync ${PROGRAM}`;
}

function fish(completed: Completed[]): string {
  const lines = completed.flatMap(({ name, about, flags }) => [
    `complete -c ${PROGRAM} -n __fish_use_subcommand -f -a ${name} -d ${quoted(about)}`,
    ...Object.entries(flags).map(
      ([flag, { type, about: what }]) =>
        `complete -c ${PROGRAM} -n '__fish_seen_subcommand_from ${name}' -l ${flag} -d ${quoted(what)}${type === 'string' ? ' -r' : ''}`,
    ),
  ]);
  return lines.join('\n');
}

function dashed(flags: Flags): string[] {
  return Object.keys(flags).map((flag) => `--${flag}`);
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
