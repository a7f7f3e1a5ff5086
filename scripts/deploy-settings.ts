import * as z from 'zod';
import type { DirectoryConfig } from '../lib/config.ts';
import { ConfigError } from '../lib/errors.ts';
import { inbound } from '../lib/sources/inbound.ts';

const arnOf = (service: string, resource: string, example: string) =>
  z
    .string()
    .regex(new RegExp(`^arn:aws[\\w-]*:${service}:[\\w-]*:\\d{12}:${resource}`), `write its ARN, ${example}`);
/** The retentions that CloudWatch Logs has (API reference, PutRetentionPolicy, 2026-02), in days. */
const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const;
const LONGER = [1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;
const Reserved = z.int().min(1).nullable();

const vpc = z
  .strictObject({
    subnetIds: z.array(z.string().regex(/^subnet-[0-9a-f]+$/, 'write it like subnet-0a1b')).min(1),
    securityGroupIds: z.array(z.string().regex(/^sg-[0-9a-f]+$/, 'write it like sg-0a1b')).min(1),
  })
  .describe(
    'Where the functions run; without it in no VPC. The subnets need a way to the internet and to AWS',
  );

const domain = z
  .strictObject({
    name: z
      .string()
      .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'write a host name: hooks.example.com'),
    certificateArn: arnOf('acm', 'certificate/', 'arn:aws:acm:…:certificate/…').describe(
      'Its certificate, in the region of the stack; with webAclArn in us-east-1',
    ),
    hostedZoneId: z
      .string()
      .regex(/^Z[A-Z0-9]+$/, 'write it like Z0123456789')
      .optional()
      .describe(
        'Of Route 53, for its record; without it the record is yours to make, from what the deployment prints',
      ),
  })
  .describe("A host name of one's own for the webhooks");

const throttle = z
  .strictObject({
    rate: z.int().min(1).default(1000).describe('Requests a second'),
    burst: z.int().min(1).default(1000).describe('Requests at once'),
  })
  .prefault({})
  .describe('What each route of the webhook takes; a vendor loses what is refused');

const reservedConcurrency = z
  .strictObject({
    webhook: Reserved.default(100).describe('How many may run at once; null reserves none and sets no limit'),
    deliver: z
      .int()
      .min(5)
      .nullable()
      .default(5)
      .describe('The same of deliver, which the queue starts five of at most; null reserves none'),
  })
  .prefault({})
  .describe("The part of the account's concurrency that is these functions' own, and no more than theirs");

/** The `deploy` section of a configuration: what the template is made with. The functions do not get it. */
export const DeploySettings = z
  .strictObject({
    readBack: z
      .boolean()
      .default(false)
      .describe('Whether Velt is compared once a day; only where its API key has advanced queries'),
    veltBaseUrl: z.url().default('https://api.velt.dev').describe("Where Velt's API is"),
    tags: z
      .record(z.string().min(1).max(128), z.string().max(256))
      .default({})
      .describe('Put on everything of the stack that takes tags'),
    permissionsBoundary: arnOf('iam', 'policy/', 'arn:aws:iam::…:policy/…')
      .optional()
      .describe('The policy beyond which no role of the stack may go'),
    kmsKeyArn: arnOf('kms', 'key/', 'arn:aws:kms:…:key/…')
      .optional()
      .describe('The key of the table, the queues and the secrets; without it keys of AWS'),
    vpc: vpc.optional(),
    domain: domain.optional(),
    throttle,
    reservedConcurrency,
    logLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO').describe('The least that is logged'),
    logRetentionDays: z
      .literal([...RETENTIONS, ...LONGER])
      .default(30)
      .describe('How long logs are kept'),
    alarmEmail: z.email().optional().describe('Who is told when an alarm goes off, once they have confirmed'),
    webAclArn: z
      .string()
      .regex(
        /^arn:aws[\w-]*:wafv2:us-east-1:\d{12}:global\/webacl\//,
        'write the ARN of a web ACL for CloudFront, arn:aws:wafv2:us-east-1:…:global/webacl/…',
      )
      .optional()
      .describe('A web ACL for CloudFront: with it, the webhooks come through a distribution'),
  })
  .prefault({})
  .describe('What the stack is deployed with');
export type DeploySettings = z.infer<typeof DeploySettings>;

/**
 * Every setting as the parameters of the template take it, with '' for what was not given. Throws ConfigError where two
 * sources of one kind have event sources: the template has one bus a kind.
 */
export function settingsOf(
  deploy: DeploySettings,
  { sources }: Pick<DirectoryConfig, 'sources'>,
): Record<string, string | number | Record<string, string>> {
  const { throttle, reservedConcurrency, vpc, domain, readBack, ...others } = deploy;
  const { permissionsBoundary, kmsKeyArn = '', alarmEmail = '', webAclArn = '', ...plain } = others;
  return {
    ...{ ...plain, kmsKeyArn, alarmEmail, webAclArn },
    permissionsBoundary: permissionsBoundary?.replace(/^.*?:policy\//, '') ?? '',
    ...eventSourcesOf(sources),
    readBack: readBack ? 'ENABLED' : 'DISABLED',
    subnetIds: vpc?.subnetIds.join(',') ?? '',
    securityGroupIds: vpc?.securityGroupIds.join(',') ?? '',
    domainName: domain?.name ?? '',
    certificateArn: domain?.certificateArn ?? '',
    hostedZoneId: domain?.hostedZoneId ?? '',
    throttleRate: throttle.rate,
    throttleBurst: throttle.burst,
    webhookConcurrency: String(reservedConcurrency.webhook ?? ''),
    deliverConcurrency: String(reservedConcurrency.deliver ?? ''),
  };
}

/** `oktaEventSource` and the like of each kind that has a bus. */
function eventSourcesOf(sources: DirectoryConfig['sources']): Record<string, string> {
  const kinds = Object.entries(inbound).filter(([, { bus }]) => bus);
  return Object.fromEntries(
    kinds.map(([kind]) => {
      const named = Object.values(sources)
        .filter((source) => source.kind === kind)
        .flatMap(({ partnerEventSource = [] }) => partnerEventSource);
      if (named.length > 1) {
        const message = `the stack has one bus for events of ${kind}: leave one of ${named.join(', ')}`;
        throw new ConfigError('the configuration', [{ path: 'sources', message }]);
      }
      return [`${kind}EventSource`, named[0] ?? ''];
    }),
  );
}
