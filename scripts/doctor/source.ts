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
  env: Record<string, string | undefined>;
}

/** One thing that is read at a vendor, and the right that it takes. */
export interface Reading {
  what: string;
  needs: string;
  read: () => Promise<unknown>;
}

/** Whether a vendor's API answers each of these. What is wrong with all of them is said once. */
export async function lookAtReadings(vendor: string, readings: Reading[]): Promise<Found[]> {
  const faults: { reading: Reading; fault: WorldFault }[] = [];
  for (const reading of readings)
    try {
      await reading.read();
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      faults.push({ reading, fault: error });
    }
  const [first] = faults;
  if (!first)
    return [ok(`${vendor} accepts the credentials, for ${readings.map(({ what }) => what).join(', ')}.`)];
  const isOfAll =
    faults.length === readings.length && faults.every(({ fault }) => fault.message === first.fault.message);
  if (isOfAll) return [faultFound(first.fault, 'Put what is right into the secret directory.')];
  return faults.map(({ reading: { what, needs }, fault }) => {
    const found = faultFound(fault, `Grant ${needs}.`);
    return { ...found, what: `Reading ${what}: ${found.what}` };
  });
}

/** What the vendor does not allow has to be mended; whatever else it is, nobody knows. */
function faultFound({ code, message }: WorldFault, mend: string): Found {
  const what = `${message.replace(/\.$/, '')}.`;
  return ['credentials', 'forbidden'].includes(code) ? wrong(what, mend) : unchecked(what);
}

/**
 * How a source's deliveries come in. `compare` says what is found at the vendor for the webhook's address, and undefined where
 * there is nothing; where events come by a partner's bus, there need be nothing. `mend` is the command that makes it.
 */
export function lookAtWayIn(
  at: string,
  { source, config, deployed, flags }: Pick<SourceRoomDeps, 'source' | 'config' | 'deployed' | 'flags'>,
  {
    domain,
    compare,
  }: { domain: string; compare: (url: string, mend: string) => Promise<Found[] | undefined> },
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
    const mend = `Mend it: ${setup} --apply`;
    const found = await compare(url, mend);
    if (found) return found;
    const partners = [config.partnerEventSource ?? []].flat();
    if (partners.some((partner) => buses.includes(partner)))
      return [note(`${at} is not there: events come by the partner's bus alone.`)];
    return [wrong(`${at} is not there: no event comes in.`, mend)];
  });
}
