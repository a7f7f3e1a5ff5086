import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { type HttpAnswer, json } from '../http-server.ts';
import { badBody, missing } from './error.ts';
import type { Auth0Tenant } from './tenant/tenant.ts';

/** How long a link, and the job itself, is valid (auth0.com/docs/manage-users/user-migration/bulk-user-exports, 2026-08); ms. */
const LINK_MS = 60_000;
const JOB_MS = 86_400_000;

const ExportBody = z.strictObject({
  connection_id: z.string().optional(),
  format: z.literal('json').default('json'),
  limit: z.int().min(1).optional(),
  fields: z.array(z.strictObject({ name: z.string().min(1), export_as: z.string().optional() })).optional(),
});

type Job = z.infer<typeof ExportBody> & { id: string; createdAt: number };

export type Auth0Exports = ReturnType<typeof createAuth0Exports>;

/**
 * Exports of all users: a job, and a file of one JSON object a line, gzipped, on another host than the API. `takesMs` is how
 * long a job is pending. Its file has the users at the time when it is downloaded.
 */
export function createAuth0Exports({
  tenant,
  tenantName,
  clock,
  newId,
  url,
  takesMs,
}: {
  tenant: Auth0Tenant;
  tenantName: string;
  clock: () => number;
  newId: (prefix: string, length: number) => string;
  url: string;
  takesMs: number;
}) {
  const jobs = new Map<string, Job>();

  function show({ id, format, connection_id, createdAt }: Job) {
    const isDone = clock() >= createdAt + takesMs;
    const until = clock() + LINK_MS;
    return {
      type: 'users_export',
      status: isDone ? 'completed' : 'pending',
      format,
      ...(connection_id !== undefined && { connection_id }),
      created_at: new Date(createdAt).toISOString(),
      id,
      ...(isDone && {
        location: `${url}/${id}/${tenantName}.json.gz?until=${until}`,
        percentage_done: 100,
        time_left_seconds: 0,
      }),
    };
  }

  function* lines({ connection_id, limit = Number.POSITIVE_INFINITY, fields }: Job) {
    const connection = tenant.connections.get(connection_id ?? '')?.name;
    const { keys, from, to } = tenant.find(connection === undefined ? {} : { connection });
    for (const key of keys.slice(from, Math.min(to, from + limit))) {
      const user = tenant.userOfKey(key);
      yield JSON.stringify(
        fields
          ? Object.fromEntries(fields.map(({ name, export_as = name }) => [export_as, user[name]]))
          : user,
      );
    }
  }

  return {
    create(body: unknown): HttpAnswer {
      const { data, error } = ExportBody.safeParse(body);
      if (error) return badBody(error.issues.map(({ path, message }) => `${path}: ${message}`).join(', '));
      const { connection_id } = data;
      if (connection_id !== undefined && !tenant.connections.has(connection_id)) {
        return missing('connection', 'connection');
      }
      const job = { ...data, id: newId('job_', 20), createdAt: clock() };
      jobs.set(job.id, job);
      return json(200, show(job));
    },

    read(id: string): HttpAnswer {
      const job = jobs.get(id);
      if (!job || clock() >= job.createdAt + JOB_MS) return missing('job', 'job');
      return json(200, show(job));
    },

    /** Answers as the host of the files does, without any credential. */
    download(address: string): { status: number; body: Buffer } {
      const { pathname, searchParams } = new URL(address, url);
      const job = jobs.get(pathname.split('/').at(-2) ?? '');
      if (!job || clock() >= Number(searchParams.get('until'))) return { status: 403, body: Buffer.from('') };
      const file = [...lines(job)].map((line) => `${line}\n`).join('');
      return { status: 200, body: gzipSync(file) };
    },
  };
}
