import { fromShell, hclList, hereDocument, quoteHcl } from './recipe.ts';

/** The event hook that a source needs. */
export interface WantedHook {
  /** The org's host name, example-org.okta.com. */
  domain: string;
  url: string;
  name: string;
  /** The header that carries the credential. */
  header: string;
  eventTypes: string[];
}

/**
 * The body of POST and PUT /api/v1/eventHooks (developer.okta.com/docs/api/openapi, EventHook, 2026.06.3). `kept` is what
 * an existing hook has beside: own headers and filters, which an update would otherwise drop.
 */
export function hookBody(
  { name, url, header, eventTypes }: WantedHook,
  credential: string,
  kept: { headers?: unknown[]; filter?: unknown } = {},
) {
  return {
    name,
    events: { type: 'EVENT_TYPE', items: eventTypes, ...(kept.filter != null && { filter: kept.filter }) },
    channel: {
      type: 'HTTP',
      version: '1.0.0',
      config: {
        uri: url,
        headers: kept.headers ?? [],
        authScheme: { type: 'HEADER', key: header, value: credential },
      },
    },
  };
}

/** What to press in the Admin Console (help.okta.com, "Create an event hook" and "Verify an event hook", 2026). */
export function consoleSteps({ url, name, header, eventTypes }: WantedHook): string {
  return [
    'Workflow > Event Hooks > Create Event Hook',
    `  Name                   ${name}`,
    `  URL                    ${url}`,
    `  Authentication field   ${header}`,
    '  Authentication secret  the value of $CREDENTIAL',
    '  Subscribe to events    find each of these by its type:',
    ...eventTypes.map((type) => `    ${type}`),
    'Save, then Actions > Verify.',
  ].join('\n');
}

/** Shell commands that create and verify the hook; they need OKTA_API_TOKEN and CREDENTIAL, curl and jq. */
export function curlCommands(hook: WantedHook): string {
  const api = `https://${hook.domain}/api/v1/eventHooks`;
  const token = '-H "authorization: SSWS $OKTA_API_TOKEN"';
  return [
    `HOOK=$(curl -sS -X POST ${api} ${token} -H 'content-type: application/json' -d @- <<JSON | jq -r .id`,
    hereDocument(hookBody(hook, fromShell('$CREDENTIAL'))),
    'JSON',
    ')',
    `curl -sS -X POST "${api}/$HOOK/lifecycle/verify" ${token}`,
  ].join('\n');
}

/** The same for Terraform's provider okta/okta, with the credential in TF_VAR_okta_hook_credential. */
export function terraform({ name, url, header, eventTypes }: WantedHook): string {
  return `variable "okta_hook_credential" {
  type      = string
  sensitive = true
}

resource "okta_event_hook" "velt_directory_sync" {
  name = ${quoteHcl(name)}
  events = [
${hclList(eventTypes)}
  ]

  channel = {
    type    = "HTTP"
    version = "1.0.0"
    uri     = ${quoteHcl(url)}
  }

  auth = {
    type  = "HEADER"
    key   = ${quoteHcl(header)}
    value = var.okta_hook_credential
  }
}

resource "okta_event_hook_verification" "velt_directory_sync" {
  event_hook_id = okta_event_hook.velt_directory_sync.id

  # A changed hook is UNVERIFIED, and Okta sends nothing to it.
  lifecycle {
    replace_triggered_by = [okta_event_hook.velt_directory_sync]
  }
}`;
}
