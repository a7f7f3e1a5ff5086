import { WorldFault } from '../../lib/errors.ts';
import type { SourceConfig } from '../../lib/sources/source.ts';
import type { AnyHttp } from '../setup-report.ts';
import type { Deployed } from './deployed.ts';
import { type Found, looked, note, ok, unchecked, wrong } from './finding.ts';
import type { ReadSecret } from './secrets.ts';

/** What a look at one source works with, whatever its vendor. */
export interface SourceRoomDeps<Config extends SourceConfig = SourceConfig> {
  source: string;
  config: Config;
  stage: string;
  /** What names the stage in another command. */
  flags: string;
  /** What is deployed. Undefined on the local cloud, where no vendor can send anything to. */
  deployed: (() => Promise<Deployed>) | undefined;
  readSecret: ReadSecret;
  http: AnyHttp;
  clock: () => number;
  random: () => number;
}

/** One thing that is read at a vendor; `mend` where the vendor's refusal does not say what to grant. */
export interface Reading {
  what: string;
  mend?: string;
  read: () => Promise<unknown>;
}

/** Whether a vendor's API answers each of these. What several of them were refused by is said once. */
export async function lookAtReadings(vendor: string, readings: Reading[]): Promise<Found[]> {
  const refused = new Map<string, { fault: WorldFault; readings: Reading[] }>();
  for (const reading of readings)
    try {
      await reading.read();
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      const { readings } = refused.get(error.message) ?? { readings: [] };
      refused.set(error.message, { fault: error, readings: [...readings, reading] });
    }
  if (refused.size === 0) return [ok(`${vendor} accepts the credentials, for ${namesOf(readings)}.`)];
  return [...refused.values()].map(({ fault, readings: of }) =>
    of.length === readings.length ? refusalOf(fault) : refusalOf(fault, of),
  );
}

const OF_USE = ['credentials', 'forbidden'];

/** What the vendor does not allow has to be mended; whatever else it is, nobody knows. A refusal says `what: how to mend it`. */
function refusalOf({ code, message }: WorldFault, of?: Reading[]): Found {
  const said = message.replace(/[.?]$/, '');
  const reading = of ? `Reading ${namesOf(of)}: ` : '';
  if (!OF_USE.includes(code)) return unchecked(`${reading}${said}.`);
  const [fault = '', own = ''] = said.split(/: (.*)/s);
  const granted = of?.flatMap(({ mend }) => mend ?? []).join(' ');
  const mend = `${own.charAt(0).toUpperCase()}${own.slice(1)}.${of ? '' : ' They are in the secret directory.'}`;
  return wrong(`${reading}${fault}.`, granted || mend);
}

function namesOf(readings: Reading[]): string {
  return readings.map(({ what }) => what).join(', ');
}

/**
 * How a source's deliveries come in. `compare` says what is found at the vendor for the webhook's address, and undefined where
 * there is nothing; where events come by a partner's bus, there need be nothing. `setup` is the command that compares it too.
 */
export function lookAtWayIn(
  at: string,
  { source, config, deployed, flags }: Pick<SourceRoomDeps, 'source' | 'config' | 'deployed' | 'flags'>,
  {
    domain,
    compare,
  }: { domain: string; compare: (url: string, setup: string) => Promise<Found[] | undefined> },
): Promise<Found[]> {
  return looked(at, async () => {
    if (!deployed) return [note(`${at} is not on the local cloud: no vendor could send to it.`)];
    const { webhookUrl, buses } = await deployed();
    if (!webhookUrl)
      return [
        unchecked(`${at} cannot be looked at: the stack has no address yet.`, 'Deploy the stage again.'),
      ];
    const url = `${webhookUrl}${source}`;
    const setup = `npm run sync -- setup ${config.kind} --source ${source} --domain ${domain} --url ${url}${flags}`;
    const found = await compare(url, setup);
    if (found) return found;
    const partners = [config.partnerEventSource ?? []].flat();
    if (partners.some((partner) => buses.includes(partner)))
      return [note(`${at} is not there: events come by the partner's bus alone.`)];
    return [wrong(`${at} is not there: no event comes in.`, mendBy(setup))];
  });
}

/** What makes or changes a hook or stream, by the command that compares it. */
export function mendBy(setup: string): string {
  return `Mend it: ${setup} --apply`;
}
