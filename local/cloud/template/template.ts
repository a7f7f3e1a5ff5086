import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Resource = {
  Type: string;
  Condition?: string;
  DependsOn?: string | string[];
  Properties?: Record<string, unknown>;
};

export type Template = {
  Parameters?: Record<string, { Type: string; Default?: unknown }>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Condition?: string; [key: string]: unknown }>;
};

/** A template whose intrinsic functions are resolved, without the resources whose condition is false. */
export type ResolvedTemplate = {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  Outputs: Record<string, { Value: unknown }>;
};

/** A resource as references see it: `ref` is what `Ref` gives for its type, `attributes` what `Fn::GetAtt` gives. */
export type Physical = { ref: string; attributes: Record<string, string> };

export type Surroundings = {
  region: string;
  accountId: string;
  stackName: string;
  /** By logical id. */
  physical: Record<string, Physical>;
  parameters?: Record<string, string>;
};

/** Thrown when a template refers to something that is not in it; names what refers, where, and to what. */
export class UnresolvedReferenceError extends Error {
  override name = 'UnresolvedReferenceError';
  readonly logicalId: string;
  readonly property: string;
  readonly missing: string;

  constructor(logicalId: string, property: string, missing: string) {
    super(`${logicalId}: ${property} refers to ${missing}, which the template does not have`);
    this.logicalId = logicalId;
    this.property = property;
    this.missing = missing;
  }
}

/** The template that `osls package` wrote under `root`. */
export async function readTemplate(root: string): Promise<Template> {
  return JSON.parse(
    await readFile(join(root, '.serverless', 'cloudformation-template-update-stack.json'), 'utf8'),
  );
}
