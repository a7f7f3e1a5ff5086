import { WorldFault } from '../../lib/errors.ts';
import type { Http } from '../../lib/http/client.ts';
import type { Velt } from '../../local/doubles/velt/velt.ts';
import type { makeClock } from './factories.ts';

/** Velt's double as a client reaches it, in a time of its own: what takes longer than a try may costs the whole try. */
export function httpTo(double: Pick<Velt, 'handle'>, time: Pick<ReturnType<typeof makeClock>, 'now'>): Http {
  return async ({ method, url, headers, body = '', timeoutMs }) => {
    const reply = double.handle({ method, path: new URL(url).pathname, headers, body });
    const isReset = 'misbehaviour' in reply && reply.misbehaviour === 'reset';
    if (isReset) throw new WorldFault('connection', 'reset');
    const takes = 'misbehaviour' in reply ? Number.POSITIVE_INFINITY : (reply.delayMs ?? 0);
    time.now += Math.min(takes, timeoutMs);
    if (takes > timeoutMs || 'misbehaviour' in reply) throw new WorldFault('timeout', 'no answer');
    return reply;
  };
}
