import type { Resource, Template } from '../../local/cloud/template/template.ts';

/**
 * The stage by which a release is packaged, in the place of a real one: wherever the packaged template says it, the
 * released one says its parameter.
 */
export const STAGE_PLACEHOLDER = 'stage-of-the-release';

type Parameter = {
  Type: string;
  Description: string;
  Default?: unknown;
  AllowedPattern?: string;
  AllowedValues?: string[];
  ConstraintDescription?: string;
};
type FunctionCode = { Code: object; Handler: string };

const PARAMETERS: Record<string, Parameter> = {
  CodeBucket: {
    Type: 'String',
    Description: 'The S3 bucket with the zips, in the region of the stack.',
  },
  CodePrefix: {
    Type: 'String',
    Default: '',
    AllowedPattern: '^$|^.*/$',
    ConstraintDescription: 'ends with a slash, or is empty',
    Description:
      'What the keys of the zips begin with. It has to be another one when the zips are: by it CloudFormation sees that they changed.',
  },
  Stage: {
    Type: 'String',
    Default: 'prod',
    // The longest name of the stack has 64 characters then, as many as Lambda allows.
    AllowedPattern: '^[a-zA-Z][a-zA-Z0-9-]{0,29}$',
    Description: 'Stands in the names of everything, so that one account can have several.',
  },
};

/**
 * The template of a release, made of what `osls package --stage {STAGE_PLACEHOLDER}` wrote: the zips come from a bucket of the
 * caller's, and the stage is a parameter as all settings are. Pure: the packaged template is left as it is.
 *
 * @throws Error when the stage stands where no parameter can.
 */
export function releaseTemplate(packaged: Template): Template & Record<string, unknown> {
  const { Resources, Outputs = {}, Parameters = {}, ...rest } = packaged;
  const resources: Record<string, Resource> = Object.fromEntries(
    sorted(Resources)
      .filter(([logicalId]) => !isDeploymentBucket(logicalId))
      .map(([logicalId, resource]) => [logicalId, withOwnCode(resource)]),
  );
  const outputs = sorted(Outputs)
    .filter(([name]) => !isDeploymentBucket(name))
    // An export is one for an account and region, and nothing imports them.
    .map(([name, { Export, ...output }]) => [name, output]);
  const released = {
    ...rest,
    Parameters: { ...PARAMETERS, ...Object.fromEntries(sorted(Parameters)) },
    Resources: byStage(resources),
    Outputs: byStage(Object.fromEntries(outputs)),
  } as Template & Record<string, unknown>;
  if (JSON.stringify(released).includes(STAGE_PLACEHOLDER))
    throw new Error('the stage stands in a key, a parameter or a condition of the template');
  return released;
}

function isDeploymentBucket(name: string): boolean {
  return name.startsWith('ServerlessDeploymentBucket');
}

/** Files are packaged at once, and whichever ends first comes first in the template: the names order it. */
function sorted<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The resource with its zip in the caller's bucket. In a zip of a release the bundle is at the top. */
function withOwnCode(resource: Resource): Resource {
  if (resource.Type !== 'AWS::Lambda::Function') return structuredClone(resource);
  const { Code, Handler, ...properties } = structuredClone(resource.Properties) as FunctionCode;
  return {
    ...structuredClone(resource),
    Properties: {
      ...properties,
      Code: {
        S3Bucket: { Ref: 'CodeBucket' },
        S3Key: { 'Fn::Sub': `\${CodePrefix}${functionNameOf(Handler)}.zip` },
      },
      Handler: 'index.handler',
    },
  };
}

/** The name of a function's file, of the handler that osls was given: `dist/NAME/index.handler`. */
function functionNameOf(handler: string): string {
  const name = /^dist\/([^/]+)\/index\.handler$/.exec(handler)?.[1];
  if (!name) throw new Error(`${handler} is no handler of a bundle in dist/`);
  return name;
}

/** The value with `${Stage}` for the placeholder in each of its texts. */
function byStage<T>(value: T): T {
  return replaceTexts(value, (text) => {
    if (text === STAGE_PLACEHOLDER) return { Ref: 'Stage' };
    return text.includes(STAGE_PLACEHOLDER) ? { 'Fn::Sub': withStage(text.replaceAll('${', '${!')) } : text;
  }) as T;
}

/** Texts that are a pattern of `Fn::Sub` already only get another variable; all others become one by `replace`. */
function replaceTexts(value: unknown, replace: (text: string) => unknown): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => replaceTexts(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  const { 'Fn::Sub': pattern, ...others } = value as Record<string, unknown>;
  if (pattern === undefined)
    return Object.fromEntries(
      Object.entries(others).map(([key, item]) => [key, replaceTexts(item, replace)]),
    );
  if (typeof pattern === 'string') return { 'Fn::Sub': withStage(pattern) };
  const [text, variables] = pattern as [string, unknown];
  return { 'Fn::Sub': [withStage(text), replaceTexts(variables, replace)] };
}

function withStage(text: string): string {
  return text.replaceAll(STAGE_PLACEHOLDER, `\${Stage}`);
}
