/** A stream that text is written to. */
export type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/** Where a command writes. */
export interface Terminal {
  /** A text that stays. With --json it goes to stderr. */
  print(text: string): void;
  /** One line that is written over while it lasts, on a terminal only: in a file or a pipe it would be noise. */
  progress(line: string): void;
  /** What a command found: with --json as JSON, on stdout, and else as text, or not at all where there is none. */
  show(value: unknown, text?: string): void;
  /** One of what a command finds as it comes: with --json as a line of JSON, and else as text. */
  line(value: unknown, text: string): void;
}

export function createTerminal({
  stdout = process.stdout,
  stderr = process.stderr,
  json = false,
}: {
  stdout?: Output;
  stderr?: Output;
  json?: boolean | undefined;
} = {}): Terminal {
  const clear = () => stderr.isTTY && stderr.write('\r\x1b[K');
  const printTo = (out: Output) => (text: string) => {
    clear();
    out.write(`${text}\n`);
  };
  const print = printTo(json ? stderr : stdout);
  return {
    print,
    progress(line) {
      if (clear()) stderr.write(line.slice(0, (stderr.columns || 80) - 1));
    },
    show(value, text) {
      if (json) printTo(stdout)(JSON.stringify(value, null, 2));
      else if (text !== undefined) print(text);
    },
    line(value, text) {
      printTo(stdout)(json ? JSON.stringify(value) : text);
    },
  };
}
