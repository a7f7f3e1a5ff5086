import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirmed, type Ends } from '../../../scripts/confirm.ts';

/** A terminal at which a line is typed, or what is none. */
function typing(line: string, isTTY = true): Ends {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  stdin.end(`${line}\n`);
  return { stdin, stderr: new PassThrough(), signal: new AbortController().signal };
}

const asked = { word: 'okta', to: 'forget it', yes: undefined };

test.each([
  ['okta', true],
  [' okta ', true],
  ['y', false],
  ['', false],
])('a confirmation is the word, typed: %j', async (line, is) => {
  expect(await confirmed(asked, typing(line))).toBe(is);
});

test('a confirmation is --yes with the word, and asks nobody', async () => {
  const nobody = typing('', false);

  expect(await confirmed({ ...asked, yes: 'okta' }, nobody)).toBe(true);
  expect(await confirmed({ ...asked, yes: 'auth0' }, nobody)).toBe(false);
});

test('a confirmation cannot be given where nobody can type, and it says what else', async () => {
  await expect(confirmed(asked, typing('okta', false))).rejects.toThrow(
    '--yes okta is needed where nobody can type, to forget it',
  );
});

test('a confirmation is none after Ctrl-C', async () => {
  const interruption = new AbortController();
  const stdin = Object.assign(new PassThrough(), { isTTY: true });

  const answer = confirmed(asked, { stdin, stderr: new PassThrough(), signal: interruption.signal });
  interruption.abort();

  expect(await answer).toBe(false);
});
