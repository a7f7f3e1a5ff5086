import { readFileSync } from 'node:fs';
import { type BundledPackage, idOf } from './bundled.ts';

const RULE = '-'.repeat(80);

/**
 * The licence notices of a release: every licence text once, with the packages that it is of. A package without a licence file gets
 * the text of the licence that it names (licences/ID.txt), with its author.
 *
 * @throws Error naming a package that has neither.
 */
export function noticesOf(packages: BundledPackage[]): string {
  const holders = new Map<string, string[]>();
  for (const one of packages)
    for (const text of one.texts.length > 0 ? one.texts : [standardText(one)])
      holders.set(text, [...(holders.get(text) ?? []), `${idOf(one)} (${one.licence})`]);
  const parts = [...holders].map(([text, names]) => `${RULE}\n${names.join('\n')}\n${RULE}\n\n${text}\n`);
  return `The functions of this release hold parts of the following packages.\n\n${parts.join('\n')}`;
}

function standardText({ author, ...one }: BundledPackage): string {
  let text: string;
  try {
    text = readFileSync(new URL(`licences/${one.licence}.txt`, import.meta.url), 'utf8').trim();
  } catch {
    throw new Error(`${idOf(one)} has no licence file, and scripts/release/licences none for ${one.licence}`);
  }
  return text.replace('<holder>', author ?? `the authors of ${one.name}`);
}
