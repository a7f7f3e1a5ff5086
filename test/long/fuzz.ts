import fc from 'fast-check';
import { Message } from '../../lib/directory/change.ts';
import { WorldFault } from '../../lib/errors.ts';
import type { PartnerEvent } from '../../lib/inbound/receive.ts';
import { readEvents } from '../../local/demo/events.ts';
import { countOf, readCommandLine } from '../../scripts/command-line.ts';
import type { Way } from '../contract/contract.ts';
import { contracts, eventTo, makeWebhook, ways } from '../contract/deployed.ts';
import { mutatedBody, mutatedJson } from '../contract/mutations.ts';
import { describeFailure, describeFound } from '../property/search.ts';
import { oddSearches } from '../property/searches.ts';

/**
 * `npm run test:fuzz`: what the vendors send, with parts dropped, retyped, nested, blown up and cut off, through the webhook
 * function as it is deployed: by hooks, event streams, Actions, log streams and EventBridge, with and without an API to
 * read from; now and then a queue refuses. Nothing may be thrown or answered
 * 5xx but for such a refusal, an authenticated delivery is never refused, and whatever is queued is what deliver reads.
 *
 * Then `--lives` directories of each vendor that answer oddly about one to three of their things for ever: everybody else ends
 * as the directory has them, and nothing is taken from anybody wrongly. `--runs 0` leaves the deliveries out.
 */
const { values } = readCommandLine('npm run test:fuzz -- [--runs 20000] [--lives 5000] [--seed 1]', {
  options: {
    runs: { type: 'string', default: '20000' },
    lives: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [runs, seed] = [countOf('runs', values.runs), countOf('seed', values.seed)];
const lives = countOf('lives', values.lives);
const startedAt = Date.now();

/** What a run hands over: a vendor's own example, mutated as `choices` decides. */
type Delivery = { source: Way; body: string } | { event: PartnerEvent };

const PARTNERS = contracts.flatMap(({ partners }) => partners.map(({ partner }) => partner));
const vendorOf = (partner: string) => partner.split('/')[1];

const files = readEvents().filter(({ name }) => !name.includes('.invalid-'));
const ofFiles = files.flatMap((file): Delivery[] => {
  if (file.kind === 'event')
    return PARTNERS.filter((source) => vendorOf(source) === vendorOf(file.event.source)).map((source) => ({
      event: { ...file.event, source },
    }));
  if (file.kind !== 'request' || !file.request.body) return [];
  const body = file.request.body.toString();
  return ways.filter(({ kind }) => kind === file.source).map((source) => ({ source, body }));
});
const ofContract = ways.map((source) => ({ source, body: source.delivery('Ada Example') }));
const deliveries: Delivery[] = [...ofFiles, ...ofContract];

const wayOf = (delivery: Delivery) => ('event' in delivery ? delivery.event.source : delivery.source.name);
const byWay = Map.groupBy(deliveries, wayOf);

const { send, put, world } = makeWebhook();
const outcomes = new Map<string, number>();

const property = fc.asyncProperty(
  fc.oneof(...[...byWay.values()].map((alike) => fc.constantFrom(...alike))),
  fc.oneof(
    { weight: 18, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constantFrom('changes' as const, 'parked' as const) },
  ),
  fc.infiniteStream(fc.nat()),
  async (delivery, refusing, choices) => {
    Object.assign(world, { refusing, messages: [], parked: [] });
    const text =
      'event' in delivery ? mutatedJson(delivery.event, choices) : mutatedBody(delivery.body, choices);

    const { outcome, told } =
      'event' in delivery
        ? await hand({ ...JSON.parse(text), source: delivery.event.source })
        : await post(delivery.source, text);

    const queued = world.messages.flatMap((message) => Message.parse(JSON.parse(message)).changes).length;
    const way = wayOf(delivery);
    outcomes.set(`${way}: ${outcome}`, (outcomes.get(`${way}: ${outcome}`) ?? 0) + 1);
    const fault = faultOf({ outcome, told, queued, refusing });
    if (fault) throw new Error(`${way}: ${fault}: ${text.slice(0, 10_000)}`);
  },
);

interface Result {
  outcome: 'queued' | 'ignored' | 'parked' | 'refused by the queue' | `answered ${number}`;
  /** How many changes the function says it has queued; undefined where it failed. */
  told?: number | undefined;
}

async function post(source: Way, text: string): Promise<Result> {
  const { status, body } = await send(eventTo(source, { body: text }));
  if (status === 503) return { outcome: 'refused by the queue' };
  return status === 200 ? resultOf(body) : { outcome: `answered ${status}` };
}

async function hand(event: PartnerEvent): Promise<Result> {
  try {
    return resultOf((await put(event)) as { changes: number; parked?: boolean });
  } catch (error) {
    if (error instanceof WorldFault && error.code === 'queue') return { outcome: 'refused by the queue' };
    throw error;
  }
}

function resultOf({ changes, parked = false }: { changes: number; parked?: boolean }): Result {
  return { outcome: parked ? 'parked' : changes > 0 ? 'queued' : 'ignored', told: changes };
}

function faultOf({
  outcome,
  told,
  queued,
  refusing,
}: Result & { queued: number; refusing: 'changes' | 'parked' | undefined }): string | undefined {
  if (outcome.startsWith('answered')) return outcome;
  if (outcome === 'refused by the queue' && refusing === undefined) return 'failed, and no queue refused';
  if (told !== undefined && told !== queued) return `told of ${told} changes, queued ${queued}`;
  if (outcome === 'parked' && world.parked.length !== 1) return `parked ${world.parked.length} times`;
  if (Object.keys(Object.prototype).length > 0) return 'it reached the prototype of every object';
  return undefined;
}

console.log(`${runs} mutated deliveries of ${deliveries.length} examples (seed ${seed})`);
const run = await fc.check(property, { numRuns: runs, seed });
if (run.failed) {
  console.error(`${run.errorInstance}\nfailed at run ${run.numRuns}, seed ${seed} (${seconds()} s)`);
  process.exitCode = 1;
} else {
  for (const [outcome, count] of [...outcomes].sort())
    console.log(`  ${String(count).padStart(6)}  ${outcome}`);
  console.log(`Nothing was thrown, lost or refused (${seconds()} s).`);
}

for (const { title, search } of Object.values(oddSearches)) {
  console.log(`${lives} ${title} (seed ${seed})`);
  const found = await search({ runs: lives, seed });
  console.log(`  ${describeFound(found, lives)}`);
  if (!found.failure) continue;
  console.error(describeFailure(found));
  process.exitCode = 1;
}

function seconds(): string {
  return ((Date.now() - startedAt) / 1000).toFixed(1);
}
