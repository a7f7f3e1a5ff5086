import type { SourceConfig } from '../lib/config.ts';
import { type WebhookCredentials, writeCredential } from '../lib/http/bearer.ts';
import { faceOf, inbound } from '../lib/sources/inbound.ts';
import type { BusEvent, RequestEvent } from './event-file.ts';
import { shellWord } from './shell-word.ts';

/** What the webhook answered. An event of a bus has no status: the function itself was asked. */
export interface Sent {
  to: string;
  status?: number | undefined;
  answer: unknown;
  /** Whether all of it was taken, and nothing was parked. */
  isTaken: boolean;
}

/** How long the webhook may take (ms): API Gateway gives up before. */
const TIMEOUT_MS = 35_000;

/**
 * Sends a request to the webhook of a source, with the source's credential as its vendor would: a wrong one or none where the
 * sample says so. Throws Error where the secret has none, or nobody answers.
 */
export async function sendRequest(
  { request: { method, headers, body, credential } }: RequestEvent,
  {
    url,
    source,
    config,
    credentials,
    signal,
  }: {
    url: string;
    source: string;
    config: SourceConfig;
    credentials: WebhookCredentials;
    signal: AbortSignal;
  },
): Promise<Sent> {
  const known = Object.hasOwn(credentials, source) ? credentials[source] : undefined;
  if (!known) throw new Error(`the webhook secret holds no credential for source ${source}`);
  const { header, scheme } = faceOf(config, inbound).credential(config);
  const proof = writeCredential(credential === 'wrong' ? `${known.current}x` : known.current, scheme);
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(credential !== 'missing' && { [header]: proof }) },
    ...(body && method !== 'GET' && { body: new Uint8Array(body) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch((cause) => {
    throw new Error(`${url} does not answer`, { cause });
  });
  const answer = answerIn(await response.text());
  return { to: url, status: response.status, answer, isTaken: response.ok && !isParked(answer) };
}

/** How a function is run: its answer, or the error that it ended with. */
export type Invoke = (functionName: string, event: object) => Promise<{ answer: unknown; failed: boolean }>;

/** Hands an event of a bus to the webhook function as EventBridge does: only the vendor can put one on the bus itself. */
export async function sendBusEvent({ event }: BusEvent, stage: string, invoke: Invoke): Promise<Sent> {
  const to = `velt-directory-sync-${stage}-webhook`;
  const { answer, failed } = await invoke(to, event);
  return { to, answer, isTaken: !failed && !isParked(answer) };
}

function isParked(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'parked' in answer && answer.parked === true;
}

/** An answer as JSON, or as the text that it is. */
function answerIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What was answered, and where to look then. `people` are those whom the event names, `flags` name the stage again. */
export function sentText(
  { to, status, answer }: Sent,
  people: string[],
  { flags }: { flags: string },
): string {
  const [first] = people;
  return [
    `${to} answered${status === undefined ? '' : ` ${status}`}:`,
    `  ${JSON.stringify(answer)}`,
    ...(first === undefined
      ? []
      : [`What became of it: npm run sync -- person${flags} -- ${shellWord(first)}`]),
  ].join('\n');
}
