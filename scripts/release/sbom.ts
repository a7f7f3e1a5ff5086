import { type BundledPackage, idOf } from './bundled.ts';

type Project = { name: string; version: string; license: string; description: string };

/**
 * The software bill of materials of a release, in CycloneDX 1.6 (cyclonedx.org/docs/1.6/json, 2026-11): what is bundled,
 * not what the project is developed with. It has neither a date nor a serial number, which would differ from run to run.
 */
export function sbomOf(project: Project, packages: BundledPackage[]) {
  const own = purlOf(project);
  const purls = new Map(packages.map((one) => [idOf(one), purlOf(one)]));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        name: project.name,
        version: project.version,
        description: project.description,
        licenses: [{ license: { id: project.license } }],
        purl: own,
      },
    },
    components: packages.map(({ name, version, licence, integrity }) => ({
      type: 'library',
      'bom-ref': purlOf({ name, version }),
      ...partsOf(name),
      version,
      ...(integrity !== undefined && { hashes: hashesOf(integrity) }),
      licenses: [/\s/.test(licence) ? { expression: licence } : { license: { id: licence } }],
      purl: purlOf({ name, version }),
    })),
    dependencies: [
      { ref: own, dependsOn: [...purls.values()] },
      ...packages.map((one) => ({
        ref: purlOf(one),
        dependsOn: one.imports.flatMap((id) => purls.get(id) ?? []),
      })),
    ],
  };
}

/** Source: github.com/package-url/purl-spec, types/npm-definition, 2026-11. */
function purlOf({ name, version }: { name: string; version: string }): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function partsOf(name: string): { group?: string; name: string } {
  const [scope, bare] = name.split('/');
  return bare === undefined ? { name } : { group: scope ?? '', name: bare };
}

/** The hashes of a lockfile's integrity, in hexadecimal. Source: w3.org/TR/SRI, 3.5. */
function hashesOf(integrity: string): { alg: string; content: string }[] {
  return integrity.split(' ').map((one) => {
    const [algorithm = '', hash = ''] = one.split('-', 2);
    return {
      alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
      content: Buffer.from(hash, 'base64').toString('hex'),
    };
  });
}
