import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createSecret } from '../../lib/aws/secrets.ts';
import type { SourceConfig } from '../../lib/config.ts';
import { personOf } from '../../lib/directory/change.ts';
import { WebhookCredentials } from '../../lib/http/bearer.ts';
import { deliveredTo } from '../../lib/inbound/map.ts';
import { BadArguments, defineCommand } from '../command.ts';
import { describeStack } from '../describe-stack.ts';
import { mappedOf, readEventFile, sourceOf } from '../event-file.ts';
import type { StackPlace } from '../place.ts';
import { type Invoke, sendBusEvent, sendRequest, sentText } from '../send.ts';

export const command = defineCommand({
  takes: '<event file>',
  flags: {
    source: {
      type: 'string',
      value: 'okta',
      about: 'the source that it comes from, where there are several',
    },
    url: {
      type: 'string',
      value: 'https://…/webhooks/okta',
      about: "the source's webhook; without it as the stack's outputs have it",
    },
    yes: { type: 'string', value: 'prod', about: 'the stage once more, where nobody can type' },
  },
  more: `The file is one as in events/, or the body of a delivery. It is signed in with the source's credential from the secret
velt-directory-sync-STAGE/webhooks, and what it tells of people becomes true at Velt: explain shows it before.`,
  exits: { 0: 'the webhook took all of it', 1: 'it refused it, or parked a part' },
  async run({ source: named, url, yes, args: [file = ''] }, context) {
    const { place, confirm, terminal, clock, stage, isLocal, signal, flags } = context;
    const event = readEventFile('<event file>', file);
    const config = context.config();
    const source = sourceOf(named, config);
    const ofSource = config.sources[source] as SourceConfig;
    if (url !== undefined && !URL.canParse(url)) throw new BadArguments(`--url ${url} is no address`);
    const { partnerEventSource: partners = [] } = ofSource;
    if ('event' in event && ![partners].flat().includes(event.event.source))
      throw new BadArguments(
        `${file} is of the bus of ${event.event.source}, which is no partnerEventSource of ${source}`,
      );
    if (!isLocal && !(await confirm({ word: stage, to: `send it to stage ${stage}`, yes }))) {
      terminal.print('Nothing was sent.');
      return false;
    }
    const at = await place();
    const sent =
      'event' in event
        ? await sendBusEvent(event, at.stage, invokeAt(at))
        : await sendRequest(event, {
            ...{ source, config: ofSource, signal },
            url: url ?? (await webhookOf(source, at)),
            credentials: await credentialsAt(at, clock),
          });
    const { changes } = mappedOf(event, deliveredTo(source, ofSource, clock()));
    const people = [...new Set(changes.flatMap((change) => personOf(change)?.id ?? []))];
    terminal.show(sent, sentText(sent, people, { flags }));
    return sent.isTaken;
  },
});

function credentialsAt({ stage, aws }: StackPlace, clock: () => number): Promise<WebhookCredentials> {
  const client = new SecretsManagerClient(aws as object);
  return createSecret(`velt-directory-sync-${stage}/webhooks`, WebhookCredentials, { client, clock })();
}

/** Where a source's webhook is: in the local cloud, or as CloudFormation tells. Throws Error that names --url where it cannot. */
async function webhookOf(source: string, at: StackPlace): Promise<string> {
  const { local } = at;
  if (local) return local.sources[source]?.url ?? `${local.baseUrl}/webhooks/${source}`;
  try {
    const { Outputs = [] } = (await describeStack(at)) ?? {};
    const base = Outputs.find(({ OutputKey }) => OutputKey === 'WebhookUrl')?.OutputValue;
    if (base === undefined) throw new Error('it has no output WebhookUrl');
    return `${base}${source}`;
  } catch (cause) {
    throw new Error(`the webhook of velt-directory-sync-${at.stage} is not known; name it by --url`, {
      cause,
    });
  }
}

function invokeAt({ aws }: StackPlace): Invoke {
  return async (FunctionName, event) => {
    const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
    const client = new LambdaClient(aws as object);
    const Payload = Buffer.from(JSON.stringify(event));
    const { FunctionError, Payload: told } = await client.send(new InvokeCommand({ FunctionName, Payload }));
    const text = Buffer.from(told ?? []).toString('utf8');
    return { answer: text === '' ? null : JSON.parse(text), failed: FunctionError !== undefined };
  };
}
