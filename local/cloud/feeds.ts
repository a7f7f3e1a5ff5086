import type { AwsEndpoint } from './aws/endpoint.ts';
import { type BusEvent, putEvent, readRules } from './eventbridge/rules.ts';
import { readSchedules, startSchedules } from './eventbridge/schedules.ts';
import type { Served } from './http-api/http-api.ts';
import { readRoutes } from './http-api/routes.ts';
import { limitsOf } from './http-api/throttle.ts';
import { type RunningMapping, startEventSourceMappings } from './lambda/event-source-mappings.ts';
import { type Deployment, functionNamed } from './lambda/functions.ts';
import { invokeAsync } from './lambda/invoke-async.ts';
import type { createWork } from './work.ts';

type Counted = ReturnType<typeof createWork>['counted'];

export type FeedsOptions = {
  aws: AwsEndpoint | undefined;
  counted: Counted;
  /** How long a second lasts (ms), where schedules fire by themselves. */
  secondMs: number | undefined;
};

/**
 * Starts what invokes the functions of a stack: event source mappings, schedules, the rules of buses and whoever calls Lambda; the
 * HTTP API serves what `served` says.
 *
 * @throws Error naming the logical id of what may not invoke its function, before anything is started.
 */
export function startFeeds(deployment: Deployment, options: FeedsOptions) {
  let feeding = feed(deployment, options, []);
  return {
    served: () => feeding.served,
    fire: (name: string, input?: unknown) => feeding.triggers.fire(name, input),
    putEvent: (event: BusEvent) => feeding.triggers.putEvent(event),
    /** The queues that feed functions: none while it is switched off. */
    queueUrls: () =>
      feeding.mappings.filter(({ state }) => state() === 'Enabled').map(({ queueUrl }) => queueUrl),
    /** Follows the stack after it has changed. Event source mappings that have not changed are left alone. */
    async renew(): Promise<void> {
      const former = feeding;
      feeding = feed(deployment, options, former.mappings);
      const gone = former.mappings.filter((mapping) => !feeding.mappings.includes(mapping));
      await Promise.all([former.stopSchedules(), ...gone.map(({ close }) => close())]);
    },
    stopSchedules: () => feeding.stopSchedules(),
    close: () => Promise.all(feeding.mappings.map(({ close }) => close())),
  };
}

function feed(
  deployment: Deployment,
  { aws, counted, secondMs }: FeedsOptions,
  running: RunningMapping[],
): {
  served: Served;
  triggers: ReturnType<typeof readTriggers>;
  mappings: RunningMapping[];
  stopSchedules: () => Promise<void>;
} {
  const served = { routes: readRoutes(deployment), limits: limitsOf(deployment.stack) };
  const triggers = readTriggers(deployment, counted);
  const mappings = startEventSourceMappings(deployment, running);
  attachLambda(aws, deployment, mappings, counted);
  const stopSchedules = secondMs === undefined ? async () => {} : triggers.start(secondMs);
  return { served, triggers, mappings, stopSchedules };
}

/** Lets an operator invoke functions, and switch their event sources. */
function attachLambda(
  aws: AwsEndpoint | undefined,
  deployment: Deployment,
  mappings: RunningMapping[],
  counted: Counted,
): void {
  const byName = new Map(
    Object.entries(deployment.functions).map(([name, { arn }]) => [arn.split(':').at(-1) ?? '', name]),
  );
  aws?.lambda.attach({
    functions: [...byName.keys()],
    mappings,
    invoke(functionName, event, how) {
      const name = byName.get(functionName) ?? '';
      if (how === 'event') return counted(() => invokeAsync(deployment, name, event));
      return functionNamed(deployment.functions, name).invoke(event);
    },
  });
}

/** What invokes functions besides queues and the HTTP API: the schedules and the rules of the buses. */
function readTriggers(deployment: Deployment, counted: Counted) {
  const schedules = readSchedules(deployment);
  const rules = readRules(deployment);

  const fire = (name: string, input?: unknown) =>
    counted(() => {
      const schedule =
        schedules[name] ?? Object.values(schedules).find(({ functionName }) => functionName === name);
      if (!schedule) throw new Error(`no schedule ${name}`);
      return invokeAsync(deployment, schedule.functionName, input ?? schedule.input);
    });
  const fireAndLog = async (logicalId: string) => {
    await fire(logicalId).catch((error) => deployment.log('cloud', `${logicalId}: ${error}`));
  };

  return {
    fire,
    putEvent: (event: BusEvent) => counted(() => putEvent(deployment, rules, event)),
    /** Lets the schedules fire by themselves; returns what stops them. */
    start: (secondMs: number) => startSchedules(schedules, { fire: fireAndLog, secondMs }),
  };
}
