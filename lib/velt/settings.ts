import type { HttpResponse } from '../http/client.ts';
import { jsonOf } from '../http/client.ts';
import { faultOf } from './outcome.ts';
import { createRequests, type RequestDeps } from './request.ts';
import { Answer, KeySettings } from './schema.ts';

/**
 * Reads what is set at Velt for an API key, as far as it can undo a removal; of what Velt does not say there is nothing. It needs
 * no "advanced queries" (docs.velt.dev/api-reference/rest-apis/v2/workspace/apikeyconfig-get, 2026-08-19). Throws
 * CredentialsRefused, WorldFault and CallRefused.
 */
export function createSettingsReader(deps: RequestDeps) {
  const request = createRequests(deps);
  const sent = { path: '/v2/workspace/apikeyconfig/get', data: {}, items: 0 };
  return (deadline: number) => request(sent, (response) => readSettings(response, deps.clock()), deadline);
}

function readSettings(response: HttpResponse, now: number): KeySettings {
  const body = jsonOf(response);
  const settings = KeySettings.safeParse(body).data;
  if (!settings) throw faultOf(response, Answer.safeParse(body).data?.error, now);
  return settings.result.data;
}
