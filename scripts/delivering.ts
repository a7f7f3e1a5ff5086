import {
  LambdaClient,
  type LambdaClientConfig,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { StackPlace } from './place.ts';

/** Whether what is queued is delivered to Velt: `unknown` where it cannot be asked. */
export type Delivering = 'on' | 'paused' | 'changing' | 'unknown';

/** What takes changes off the queue: the event source of the function `deliver`. Throws what Lambda throws. */
export interface DeliverySwitch {
  state(): Promise<Delivering>;
  /** Returns what it says at once: Lambda may take a minute, and ends the deliveries that run. */
  turn(on: boolean): Promise<Delivering>;
}

export function createDeliverySwitch({ stage, aws }: StackPlace): DeliverySwitch {
  const lambda = new LambdaClient(aws as LambdaClientConfig);
  const FunctionName = `velt-directory-sync-${stage}-deliver`;

  async function mapping() {
    const listed = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName }));
    const [found] = listed.EventSourceMappings ?? [];
    if (!found) throw new Error(`${FunctionName} has no event source: was the stage deployed?`);
    return found;
  }

  return {
    state: async () => stateOf((await mapping()).State),
    async turn(on) {
      const { UUID } = await mapping();
      const turned = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: on }));
      return stateOf(turned.State);
    },
  };
}

/** The states of an event source (docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html, 2026-11). */
function stateOf(state = ''): Delivering {
  if (state === 'Enabled' || state === 'Disabled') return state === 'Enabled' ? 'on' : 'paused';
  return 'changing';
}

/** So often it is asked, every second, whether Lambda has turned it: a minute is usual. */
const MAX_ASKED = 180;

/** Turns it, and waits until it is. Throws Error where it still is not after three minutes, what `sleep` throws, and what Lambda does. */
export async function turnDelivery(
  on: boolean,
  { state, turn }: DeliverySwitch,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const wanted = on ? 'on' : 'paused';
  let found = await turn(on);
  for (let asked = 1; found !== wanted; asked += 1) {
    if (asked > MAX_ASKED)
      throw new Error(
        `Lambda says that delivering is ${found}, and not ${wanted}; the command status looks again`,
      );
    await sleep(1_000);
    found = await state();
  }
}
