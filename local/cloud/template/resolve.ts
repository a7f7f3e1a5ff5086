import {
  type ResolvedTemplate,
  type Surroundings,
  type Template,
  UnresolvedReferenceError,
} from './template.ts';

/**
 * Replaces every intrinsic function of `template` by its value, as CloudFormation does when it creates a stack
 * (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html, 2025-12).
 * Pure: the template is left as it is.
 *
 * @throws UnresolvedReferenceError when a reference names a resource, attribute, parameter or condition that is missing.
 * @throws Error when the template uses an intrinsic function that is not imitated here.
 */
export function resolveTemplate(template: Template, surroundings: Surroundings): ResolvedTemplate {
  const present = ([, { Condition }]: [string, { Condition?: string }]) =>
    Condition === undefined ||
    conditionHolds(template, surroundings, Condition, { logicalId: Condition, path: [] });
  const resources = Object.entries(template.Resources)
    .filter(present)
    .map(([logicalId, { Type, Properties }]) => [
      logicalId,
      {
        Type,
        Properties: resolveValue(template, surroundings, Properties ?? {}, {
          logicalId,
          path: ['Properties'],
        }),
      },
    ]);
  const outputs = Object.entries(template.Outputs ?? {})
    .filter(present)
    .map(([name, { Value }]) => [
      name,
      {
        Value: resolveValue(template, surroundings, Value, { logicalId: `output ${name}`, path: ['Value'] }),
      },
    ]);
  return { Resources: Object.fromEntries(resources), Outputs: Object.fromEntries(outputs) };
}

type Place = { logicalId: string; path: string[] };

/** What ends the id of every stack here; of AWS's, each has its own. */
const STACK_UUID = '10ca1000-0000-4000-8000-000000000000';

/** What `Ref` of AWS::StackId gives. */
export function stackIdOf({ region, accountId, stackName }: Omit<Surroundings, 'physical'>): string {
  return `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/${STACK_UUID}`;
}

const NO_VALUE = Symbol('AWS::NoValue');

/**
 * The value of one piece of a template; `place` says where in the template it is.
 *
 * @throws UnresolvedReferenceError and Error as {@link resolveTemplate} does.
 */
export function resolveValue(
  template: Template,
  surroundings: Surroundings,
  value: unknown,
  place: Place,
): unknown {
  const inside: Inside = (piece, ...steps) =>
    resolveValue(template, surroundings, piece, { ...place, path: [...place.path, ...steps.map(String)] });

  if (Array.isArray(value)) {
    return value.map((item, position) => inside(item, position)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;

  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && /^(Ref|Condition|Fn::.+)$/.test(name)) {
    // An IAM statement may hold a "Condition" of its own: a block, where the intrinsic function takes a name.
    if (name !== 'Condition' || typeof argument === 'string')
      return callIntrinsic({ template, surroundings, place, inside }, name, argument);
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, inside(item, key)]).filter(([, item]) => item !== NO_VALUE),
  );
}

/** Resolves a piece that is inside another, at `steps` from it. */
type Inside = (piece: unknown, ...steps: (string | number)[]) => unknown;

type Scope = { template: Template; surroundings: Surroundings; place: Place; inside: Inside };

function callIntrinsic(scope: Scope, name: string, argument: unknown): unknown {
  const { template, surroundings, place, inside } = scope;
  switch (name) {
    case 'Ref':
      return reference(template, surroundings, String(argument), place);
    case 'Fn::GetAtt': {
      const [logicalId = '', ...rest] = Array.isArray(argument) ? argument : String(argument).split('.');
      return attribute(surroundings, logicalId, rest.join('.'), place);
    }
    case 'Fn::Sub': {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      return substitute(scope, String(text), inside(variables, name) as Record<string, unknown>);
    }
    case 'Fn::Join': {
      const [separator, parts] = inside(argument, name) as [string, unknown[]];
      return parts.join(separator);
    }
    case 'Fn::Split': {
      const [separator, text] = inside(argument, name) as [string, string];
      return text.split(separator);
    }
    case 'Fn::Select': {
      const [position, list] = inside(argument, name) as [number | string, unknown[]];
      return list[Number(position)];
    }
    case 'Fn::If': {
      const [condition, then, otherwise] = argument as [string, unknown, unknown];
      return inside(conditionHolds(template, surroundings, condition, place) ? then : otherwise, name);
    }
    case 'Condition':
      return conditionHolds(template, surroundings, String(argument), place);
    case 'Fn::Equals': {
      const [left, right] = inside(argument, name) as unknown[];
      return String(left) === String(right);
    }
    case 'Fn::Not':
      return !(inside(argument, name) as unknown[])[0];
    case 'Fn::And':
      return (inside(argument, name) as unknown[]).every(Boolean);
    case 'Fn::Or':
      return (inside(argument, name) as unknown[]).some(Boolean);
    case 'Fn::FindInMap': {
      const [map, top, second] = inside(argument, name) as [string, string, string];
      const found = template.Mappings?.[map]?.[top]?.[second];
      if (found === undefined) throw missing(place, `the mapping ${map}.${top}.${second}`);
      return found;
    }
    default:
      throw new Error(`${place.logicalId}: ${place.path.join('.')} uses ${name}, which is not imitated`);
  }
}

function substitute(
  { template, surroundings, place }: Scope,
  text: string,
  variables: Record<string, unknown>,
): string {
  return text.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, inner: string) => {
    if (literal) return whole.replace('!', '');
    const key = inner.trim();
    if (Object.hasOwn(variables, key)) return String(variables[key]);
    const [logicalId = '', ...rest] = key.split('.');
    return rest.length > 0
      ? attribute(surroundings, logicalId, rest.join('.'), place)
      : String(reference(template, surroundings, key, place));
  });
}

function reference(template: Template, surroundings: Surroundings, name: string, place: Place): unknown {
  const { region, accountId, stackName } = surroundings;
  switch (name) {
    case 'AWS::Region':
      return region;
    case 'AWS::AccountId':
      return accountId;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return stackName;
    case 'AWS::StackId':
      return stackIdOf(surroundings);
    case 'AWS::NoValue':
      return NO_VALUE;
  }
  const parameter = template.Parameters?.[name];
  if (parameter) {
    const value = surroundings.parameters?.[name] ?? parameter.Default;
    if (value === undefined) throw missing(place, `the value of parameter ${name}`);
    return parameter.Type === 'Number' ? Number(value) : value;
  }
  const physical = surroundings.physical[name];
  if (!physical) throw missing(place, name);
  return physical.ref;
}

function attribute(surroundings: Surroundings, logicalId: string, name: string, place: Place): string {
  const physical = surroundings.physical[logicalId];
  if (!physical) throw missing(place, logicalId);
  const value = physical.attributes[name];
  if (value === undefined) throw missing(place, `${logicalId}.${name}`);
  return value;
}

function conditionHolds(template: Template, surroundings: Surroundings, name: string, place: Place): boolean {
  const condition = template.Conditions?.[name];
  if (condition === undefined) throw missing(place, `the condition ${name}`);
  return Boolean(resolveValue(template, surroundings, condition, { logicalId: name, path: ['Conditions'] }));
}

function missing({ logicalId, path }: Place, what: string): UnresolvedReferenceError {
  return new UnresolvedReferenceError(logicalId, path.join('.'), what);
}
