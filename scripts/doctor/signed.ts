import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Http } from '../../lib/http/client.ts';
import type { StackPlace } from '../place.ts';

const TRY_MS = 10_000;

/** A request to a service of AWS of which only one call is needed here. */
export interface SignedRequest {
  service: string;
  path: string;
  query?: Record<string, string>;
  /** What it is to be answered in, where it can be several. */
  accept?: string;
}

/** Thrown for any answer but 2xx; its message is what AWS said. */
export class AwsRefused extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = `AWS answered ${status}`;
    this.status = status;
  }
}

/** Sends a GET in the name of whoever runs this, by the SDK's own credentials; resolves with the body. Throws AwsRefused and WorldFault. */
export function createSigned(
  { aws, endpoint }: { aws: StackPlace['aws']; endpoint?: string | undefined },
  http: Http,
) {
  const { credentials, sha256 } = new SQSClient(aws as SQSClientConfig).config;
  const region = String(aws.region);

  return async ({
    service,
    path,
    query = {},
    accept = 'application/json',
  }: SignedRequest): Promise<string> => {
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const url = new URL(path, endpoint ?? `https://${service}.${region}.${suffix}`);
    const signer = new SignatureV4({ service, region, credentials, sha256 });
    const { protocol, hostname, host } = url;
    const signed = await signer.sign({
      ...{ method: 'GET', protocol, hostname, path: url.pathname, query },
      headers: { host, accept },
    });
    url.search = new URLSearchParams(query).toString();
    const { status, body } = await http({
      ...{ method: 'GET', url: url.href, timeoutMs: TRY_MS },
      headers: signed.headers as Record<string, string>,
    });
    if (status < 200 || status > 299) throw new AwsRefused(status, body);
    return body;
  };
}
