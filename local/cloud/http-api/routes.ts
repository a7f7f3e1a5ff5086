import type { InvocationResult } from '../lambda/environment.ts';
import { type Deployment, functionNamed, targetOf } from '../lambda/functions.ts';
import { mayInvoke } from '../template/resource-policies.ts';

export type Route = {
  /** As in the template: `GET /webhooks/{source}`, or `$default`. */
  key: string;
  /** The integration's own limit. */
  timeoutMs: number;
  invoke: (event: unknown) => Promise<InvocationResult>;
};

export type Match = { route: Route; pathParameters: Record<string, string> | undefined };

type RouteProperties = { ApiId: string; RouteKey: string; Target: string };
type IntegrationProperties = {
  IntegrationUri: string;
  PayloadFormatVersion: string;
  TimeoutInMillis?: number;
};

/**
 * The routes of the stack's HTTP API.
 *
 * @throws Error naming the logical id when a route leads to no function, or when no permission lets it invoke one.
 */
export function readRoutes({ stack, functions }: Deployment): Route[] {
  return stack
    .ofType<RouteProperties>('AWS::ApiGatewayV2::Route')
    .map(([logicalId, { ApiId, RouteKey, Target }]) => {
      const integrationId = stack.find(Target.replace(/^integrations\//, ''), logicalId);
      const integration = stack.resources[integrationId]?.Properties as IntegrationProperties;
      if (integration.PayloadFormatVersion !== '2.0')
        throw new Error(`${integrationId}: only payload format 2.0 is served here`);
      const name = targetOf(functions, integration.IntegrationUri, integrationId);
      const { arn, invoke } = functionNamed(functions, name);
      const called = `arn:aws:execute-api:${stack.region}:${stack.accountId}:${ApiId}/$default/${RouteKey.replace(' ', '')}`;
      if (!mayInvoke(stack, 'apigateway.amazonaws.com', arn, called)) {
        throw new Error(`${logicalId}: no permission lets the API invoke ${name}`);
      }
      return { key: RouteKey, timeoutMs: integration.TimeoutInMillis ?? 30_000, invoke };
    });
}

/**
 * The route that serves a path. A fixed path goes before one with parameters, a named method before `ANY`, and `$default`
 * comes last.
 */
export function matchRoute(routes: Route[], method: string, rawPath: string): Match | undefined {
  const candidates = routes
    .filter(({ key }) => key.startsWith(`${method} `) || key.startsWith('ANY '))
    .map((route) => ({ route, pathParameters: pathParameters(route.key.split(' ')[1] ?? '', rawPath) }))
    .filter((candidate) => candidate.pathParameters !== false)
    .sort(
      (left, right) =>
        Object.keys(left.pathParameters).length - Object.keys(right.pathParameters).length ||
        Number(left.route.key.startsWith('ANY ')) - Number(right.route.key.startsWith('ANY ')),
    );
  const [best] = candidates;
  if (best) {
    const parameters = best.pathParameters || {};
    return { route: best.route, pathParameters: Object.keys(parameters).length > 0 ? parameters : undefined };
  }
  const fallback = routes.find(({ key }) => key === '$default');
  return fallback && { route: fallback, pathParameters: undefined };
}

function pathParameters(pattern: string, rawPath: string): Record<string, string> | false {
  const names: string[] = [];
  const source = pattern.replace(/\{(\w+)(\+?)\}|[.*+?^${}()|[\]\\]/g, (special, name, greedy) => {
    if (!name) return `\\${special}`;
    names.push(name);
    return greedy ? '(.+)' : '([^/]+)';
  });
  const found = new RegExp(`^${source}$`).exec(rawPath);
  if (!found) return false;
  return Object.fromEntries(names.map((name, position) => [name, decode(found[position + 1] ?? '')]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
