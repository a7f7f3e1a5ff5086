import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { OWN_CONFIG } from './config-file.ts';

/** Where the local cloud of `npm start` says how to reach it: for its owner only, since it holds credentials. */
const FILE = new URL('../.local-cloud.json', import.meta.url);

/** What is to be known of a local cloud. */
export const LocalCloud = z.object({
  /** The process that runs it. */
  pid: z.int().positive(),
  aws: z.object({
    endpoint: z.url(),
    region: z.string(),
    credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  }),
  /** The file of the configuration that it runs by. */
  config: z.string(),
  /** As CloudFormation tells it of a stack. */
  stackId: z.string(),
  baseUrl: z.url(),
  veltUrl: z.url(),
  /** Where deliveries go to, and the header by which they are signed in, by source. */
  sources: z.record(
    z.string(),
    z.object({ kind: z.string(), url: z.url(), headers: z.record(z.string(), z.string()) }),
  ),
});
export type LocalCloud = z.infer<typeof LocalCloud>;

/** Tells the commands of a local cloud that runs; returns what ends that. */
export function announce(cloud: Omit<LocalCloud, 'pid'>, file: URL = FILE): () => void {
  const announced: LocalCloud = { pid: process.pid, ...cloud };
  // A file that is there already keeps its mode.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(announced, null, 2)}\n`, { mode: 0o600 });
  return () => {
    // Another one may have been started since.
    if (readLocalCloud(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** The local cloud that runs; undefined where none does. */
export function readLocalCloud(file: URL = FILE): LocalCloud | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const { data } = LocalCloud.safeParse(jsonIn(text));
  return data && isAlive(data.pid) ? data : undefined;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What was killed left its file behind. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What the commands need of a cloud that this process stood up by the configuration in the file `config`. */
export function localCloudOf(
  cloud: {
    stack: { id: string };
    admin: LocalCloud['aws'];
    baseUrl: string;
    veltUrl: string;
    sources: LocalCloud['sources'];
  },
  config: string = OWN_CONFIG,
): Omit<LocalCloud, 'pid'> {
  const { admin, stack, baseUrl, veltUrl, sources } = cloud;
  return { aws: admin, config: resolve(config), stackId: stack.id, baseUrl, veltUrl, sources };
}
