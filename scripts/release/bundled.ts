import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What esbuild says of a bundle (esbuild.github.io/api/#metafile, 2026-11), as far as it is read here. */
export type Metafile = {
  inputs: Record<string, { imports: { path: string }[] }>;
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
};

/** A package of which something is in a bundle. */
export type BundledPackage = {
  name: string;
  version: string;
  /** SPDX id, as the lockfile has it. */
  licence: string;
  /** The hash of the package's archive, as the lockfile has it: `sha512-…`. */
  integrity: string | undefined;
  /** The names of packages that it imports something of, as `NAME@VERSION`, sorted. */
  imports: string[];
  /** The texts of its licence and notice files; none where it has no such file. */
  texts: string[];
  author: string | undefined;
};

type LockedPackage = { version: string; license?: string; integrity?: string };
type Lockfile = { packages: Record<string, LockedPackage> };

/**
 * The packages that these bundles are made of, by name and version: all of which at least one byte is inside.
 *
 * @throws Error naming a package that is not in the lockfile, or has no licence there.
 */
export function bundledPackages(root: string, metafiles: Metafile[]): BundledPackage[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
  const places = new Set(metafiles.flatMap(placesInside));
  const idOf = (place: string) => {
    const locked = lock.packages[place];
    if (!locked?.license) throw new Error(`package-lock.json does not have ${place}, or no licence of it`);
    return `${nameOf(place)}@${locked.version}`;
  };
  const packages = [...places].map((place) => {
    const { version, license: licence = '', integrity } = lock.packages[place] ?? { version: '' };
    const imports = importsOf(place, metafiles).filter((other) => places.has(other));
    return [
      idOf(place),
      {
        ...{ name: nameOf(place), version, licence, integrity },
        imports: [...new Set(imports.map(idOf))].sort(),
        ...describedIn(join(root, place)),
      },
    ] as const;
  });
  // The same package may be at two places of node_modules.
  return Object.entries(Object.fromEntries(packages))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, described]) => described);
}

export function idOf({ name, version }: Pick<BundledPackage, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

/** The places in node_modules, as the lockfile names them, of whatever is in a bundle. */
function placesInside({ outputs }: Metafile): string[] {
  return Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => placeOf(path) ?? []);
}

/** `node_modules/a/node_modules/@b/c` of a file in there; undefined for one of the project. Where node_modules is does not matter. */
function placeOf(path: string): string | undefined {
  return /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

function nameOf(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function importsOf(place: string, metafiles: Metafile[]): string[] {
  return metafiles
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([path]) => placeOf(path) === place)
    .flatMap(([, { imports }]) => imports.flatMap(({ path }) => placeOf(path) ?? []))
    .filter((other) => other !== place);
}

function describedIn(folder: string): Pick<BundledPackage, 'texts' | 'author'> {
  const { author } = existsSync(join(folder, 'package.json'))
    ? JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    : { author: undefined };
  const files = readdirSync(folder).filter((file) =>
    /^(licen[cs]e|notice|copying)(\.(md|txt))?$/i.test(file),
  );
  return {
    texts: files
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim()),
    author: typeof author === 'string' ? author.replace(/ *[<(].*/, '') : author?.name,
  };
}
