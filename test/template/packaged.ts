import { fileURLToPath } from 'node:url';
import type { Statement } from '../../local/cloud/aws/iam.ts';
import { packageProject } from '../../local/cloud/package.ts';
import { physicalNames } from '../../local/cloud/template/physical.ts';
import { resolveTemplate } from '../../local/cloud/template/resolve.ts';
import { readTemplate, type Template } from '../../local/cloud/template/template.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const FUNCTIONS = ['webhook', 'deliver', 'backfill', 'catch-up', 'read-back', 'sweep'] as const;

/**
 * The template as `osls package` writes it, made when it is missing or older than its sources, for a configuration without
 * event sources.
 */
export async function packagedTemplate(): Promise<Template> {
  await packageProject(ROOT);
  return withParameters(await readTemplate(ROOT), { OktaEventSource: '', Auth0EventSource: '' });
}

/** The template as it is packaged where the configuration says this of parameters. */
export function withParameters(template: Template, values: Record<string, string | number>): Template {
  const copy = structuredClone(template);
  for (const [name, value] of Object.entries(values)) {
    const parameter = copy.Parameters?.[name];
    if (!parameter) throw new Error(`no parameter ${name} in the template`);
    parameter.Default = value;
  }
  return copy;
}

export function resolve(template: Template) {
  const world = { region: 'eu-west-1', accountId: '111122223333', stackName: 'stack' };
  return resolveTemplate(template, { ...world, physical: physicalNames(template, world) });
}

export const OKTA_EVENT_SOURCE = 'aws.partner/okta.com/example/velt';

/** The template as it is packaged where a source of Okta has an event source. */
export function withOktaStream(template: Template): Template {
  return withParameters(template, { OktaEventSource: OKTA_EVENT_SOURCE });
}

/** The properties of every resource of a type, by logical id. `T` is what the test takes them for. */
export function ofType<T = Record<string, unknown>>(template: Template, type: string): [string, T][] {
  return Object.entries(resolve(template).Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([logicalId, { Properties }]) => [logicalId, Properties as T]);
}

export type FunctionProperties = {
  FunctionName: string;
  Role: string;
  Timeout: number;
  Environment: { Variables: Record<string, string> };
};

/** One of the project's functions, by the name of its file in `functions/`. */
export function functionOf(template: Template, name: string): FunctionProperties {
  const found = ofType<FunctionProperties>(template, 'AWS::Lambda::Function').find(([, { FunctionName }]) =>
    FunctionName.endsWith(`-${name}`),
  );
  if (!found) throw new Error(`no function ${name} in the template`);
  return found[1];
}

export type RoleProperties = {
  AssumeRolePolicyDocument: { Statement: { Principal: { Service: string } }[] };
  Policies: { PolicyDocument: { Statement: Statement[] } }[];
};

/** Every permission of a role as `action resource`, sorted. */
export function permissionsOf(role: RoleProperties): string[] {
  return role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${resource}`)),
    )
    .sort();
}

/** A copy of the template with one resource's properties changed in place. */
export function withChange(
  template: Template,
  logicalId: string,
  // biome-ignore lint/suspicious/noExplicitAny: a test breaks whatever part of the template it wants to.
  change: (properties: any) => void,
): Template {
  const copy = structuredClone(template);
  change(copy.Resources[logicalId]?.Properties);
  return copy;
}
