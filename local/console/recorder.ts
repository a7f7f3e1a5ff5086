import { EventEmitter, on } from 'node:events';
import type { DirectoryConfig, SourceConfig } from '../../lib/config.ts';
import { containersOf, personOf, type QueueItem } from '../../lib/directory/change.ts';
import { type Entry, entryKey } from '../../lib/directory/entry.ts';
import { versionOf } from '../../lib/directory/version.ts';
import { readBody } from '../../lib/inbound/body.ts';
import { deliveredTo, mapBody } from '../../lib/inbound/map.ts';
import { faceOf, inbound } from '../../lib/sources/inbound.ts';
import type { Mapped } from '../../lib/sources/mapped.ts';
import type { Deliveries, Delivery, DeliveryPath } from '../../scripts/console/stream.ts';
import { type Verdict, verdictsOf } from '../../scripts/console/verdict.ts';
import { changeText, differencesOf } from '../../scripts/explain.ts';
import type { WatchExchange } from '../cloud/http-api/http-api.ts';
import type { VeltCall, VeltOptions } from '../doubles/velt/velt.ts';
import { createKnown, type EntryWrite } from './known.ts';
import { quietly } from './quietly.ts';

/** So many deliveries are kept, the last ones, and so much of a body (bytes) and of Velt's (characters). */
const KEPT = 500;
const MAX_BODY = 64 * 1024;
const MAX_CALL = 8 * 1024;
/** So many calls and writes of one delivery are kept. */
const MAX_PARTS = 50;
/** How long after a delivery it is asked again whether what it says was known already (ms). */
const LOOK_MS = 1_000;

/** A delivery while it is watched: the keys of what it is about that are not written yet, and those at which Velt is called. */
interface Watched {
  path: DeliveryPath;
  changes: QueueItem[];
  open: Map<string, Set<string>>;
  calling: Set<string>;
  /** What became of each change when it was folded, or was found to be known. */
  verdicts: Map<QueueItem, Verdict[]>;
  isRefused: boolean;
}

export interface Recorder extends Deliveries {
  watchHttp: WatchExchange;
  onCall: NonNullable<VeltOptions['onCall']>;
  /** Told of each write of an entry of the mirror. */
  onWrite(write: EntryWrite): void;
  close(): void;
}

interface RecorderDeps {
  config: Pick<DirectoryConfig, 'sources'>;
  /** Headers that are never kept, in lower case. */
  secretHeaders: string[];
  clock: () => number;
}

/** Everything that a recorder holds: its deliveries by id, those that are not at their end, and what was written of entries. */
interface Recording extends RecorderDeps {
  kept: Map<string, Watched>;
  unfinished: Set<Watched>;
  known: ReturnType<typeof createKnown>;
  news: EventEmitter;
  count: number;
}

/**
 * Records what becomes of deliveries in the local cloud: what came and was answered, which writes of the mirror have its facts, and
 * which calls Velt got for those entries under the same lease. Memory is bounded.
 */
export function createRecorder({
  clock = Date.now,
  ...deps
}: Omit<RecorderDeps, 'clock'> & Partial<RecorderDeps>): Recorder {
  const news = new EventEmitter();
  news.setMaxListeners(0);
  const recording: Recording = {
    ...{ ...deps, clock, news, count: 0, known: createKnown() },
    ...{ kept: new Map(), unfinished: new Set() },
  };
  const { kept } = recording;
  const looking = setInterval(
    quietly(() => lookAgain(recording), undefined),
    LOOK_MS,
  );
  looking.unref();
  return {
    recent: () => [...kept.values()].map(({ path }) => lineOf(path)).toReversed(),
    async *follow(signal) {
      try {
        for await (const [delivery] of on(news, 'delivery', { signal })) yield delivery as Delivery;
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    path: async (id) => pathOf(kept.get(id), recording),
    watchHttp: quietly(
      (request) => quietly(begin(request, recording), undefined),
      () => {},
    ),
    onWrite: quietly((write) => takeWrite(write, recording), undefined),
    onCall: quietly((call, reply) => takeCall(call, reply, recording), undefined),
    close: () => clearInterval(looking),
  };
}

function begin(
  { method, url, headers, body }: Parameters<WatchExchange>[0],
  recording: Recording,
): ReturnType<WatchExchange> {
  const { config, secretHeaders, clock, known, unfinished } = recording;
  const at = clock();
  const source = /^\/webhooks\/([^/?]+)/.exec(url)?.[1] ?? '';
  const ofSource = Object.hasOwn(config.sources, source) ? config.sources[source] : undefined;
  // Okta verifies a hook by a GET: it delivers nothing.
  if (!ofSource || method !== 'POST') return () => {};
  const mapped = mappedOf(body, source, ofSource, at);
  const { changes, events, ignored, unreadable } = mapped;
  recording.count += 1;
  const shown = Object.entries(headers).filter(([name]) => !secretHeaders.includes(name));
  const path: DeliveryPath = {
    ...{ id: `d${recording.count}`, at, source, url, method, status: 0, ms: 0, answer: '' },
    ...{ types: [...new Set(events.map(({ type }) => type))], about: aboutOf(changes, known.get) },
    outcome: 'on its way',
    headers: Object.fromEntries(shown.map(([name, value]) => [name, String(value)])),
    ...{ body: body.subarray(0, MAX_BODY).toString('utf8'), isCut: body.length > MAX_BODY },
    ...{ changes: [], ignored, unreadable, written: [], calls: [] },
  };
  const watched: Watched = {
    ...{ path, changes, open: openOf(changes), calling: new Set<string>() },
    ...{ verdicts: new Map(), isRefused: false },
  };
  // It is watched before it is answered: what it causes may come sooner.
  keep(watched, recording);
  return ({ status, body: answer }) => {
    Object.assign(path, { status, ms: clock() - at, answer: String(answer).slice(0, MAX_CALL) });
    const ended = endOf(status, mapped);
    if (ended) {
      Object.assign(path, { outcome: ended, doneAt: clock() });
      unfinished.delete(watched);
    }
    tell(watched, recording);
  };
}

function keep(watched: Watched, { kept, unfinished }: Recording): void {
  unfinished.add(watched);
  kept.set(watched.path.id, watched);
  const [oldest] = kept.values();
  if (kept.size <= KEPT || !oldest) return;
  kept.delete(oldest.path.id);
  unfinished.delete(oldest);
}

/** The versions by which changes would be seen in entries, by their keys; of a recheck, which has none, any write will do. */
function openOf(changes: QueueItem[]): Watched['open'] {
  const open: Watched['open'] = new Map();
  for (const change of changes)
    for (const key of keysOf(change))
      open.set(key, (open.get(key) ?? new Set()).add(change.kind === 'recheck' ? '' : versionOf(change)));
  return open;
}

function tell(watched: Watched, { unfinished, clock, news }: Recording): void {
  const { path, open, calling, isRefused } = watched;
  if (path.outcome === 'on its way' && path.status > 0 && open.size === 0 && calling.size === 0) {
    const done = path.calls.length > 0 ? 'delivered' : 'nothing to do';
    const taken = isRefused ? 'refused by Velt' : done;
    // What was parked of it waits for somebody, however the rest went.
    Object.assign(path, { outcome: path.unreadable.length > 0 ? 'parked' : taken, doneAt: clock() });
    unfinished.delete(watched);
  }
  news.emit('delivery', lineOf(path));
}

/** What says nothing new may never be written: what is known says so. */
function lookAgain(recording: Recording): void {
  const { unfinished, known, clock } = recording;
  for (const watched of unfinished) {
    if (watched.path.at > clock() - LOOK_MS) continue;
    const before = watched.open.size;
    for (const key of watched.open.keys())
      if (isKnown(key, watched, known.get(key))) close(key, watched, known.get(key));
    if (watched.open.size < before) tell(watched, recording);
  }
}

/** Nothing more is waited for at an entry: what became of the changes to it is said by what it is now. */
function close(key: string, { open, changes, verdicts }: Watched, entry: Entry | undefined): void {
  open.delete(key);
  const own = new Set(changes.filter(({ kind }) => kind !== 'recheck').map(versionOf));
  for (const change of changes) {
    if (!keysOf(change).includes(key)) continue;
    // Two events of one delivery may say the same: none of them is old for that.
    const said = verdictsOf(change, entry).map((verdict): Verdict => {
      return verdict.by && own.has(versionOf(verdict.by)) ? { ...verdict, is: 'new' } : verdict;
    });
    verdicts.set(change, said);
  }
}

function takeWrite(write: EntryWrite, recording: Recording): void {
  const { known, unfinished, clock } = recording;
  const before = known.put(write);
  const { entry, isLeased } = write;
  const key = entryKey(entry);
  for (const watched of unfinished) {
    const versions = watched.open.get(key);
    const isFirst = versions !== undefined && (versions.has('') || hasOne(entry, versions));
    if (!isFirst && !watched.calling.has(key)) continue;
    if (isFirst) close(key, watched, entry);
    const parts = differencesOf(before, entry);
    if (parts.length > 0 && watched.path.written.length < MAX_PARTS)
      watched.path.written.push({ key, isNew: before === undefined, parts, at: clock() });
    if (isLeased) watched.calling.add(key);
    else {
      watched.calling.delete(key);
      watched.isRefused ||= JSON.stringify(entry.delivered).includes('"refusal":');
    }
    tell(watched, recording);
  }
}

function takeCall(
  { path, body, status }: VeltCall,
  reply: Parameters<Recorder['onCall']>[1],
  { known, unfinished, clock }: Recording,
): void {
  const keys = known.named(body);
  const answer = 'misbehaviour' in reply ? `(${reply.misbehaviour})` : reply.body.slice(0, MAX_CALL);
  const called = { at: clock(), path, body: JSON.stringify(body).slice(0, MAX_CALL), status, answer };
  for (const watched of unfinished)
    if (watched.path.calls.length < MAX_PARTS && keys.some((key) => watched.calling.has(key)))
      watched.path.calls.push(called);
}

function pathOf(watched: Watched | undefined, { known }: Recording): DeliveryPath | undefined {
  if (!watched) return undefined;
  const changes = watched.changes.map((change) => ({
    ...{ kind: change.kind, at: change.at, text: changeText(change) },
    verdicts: watched.verdicts.get(change) ?? verdictsOf(change, known.get(keysOf(change)[0] ?? '')),
  }));
  return { ...watched.path, changes };
}

function mappedOf(body: Buffer, source: string, config: SourceConfig, at: number): Mapped {
  const { values, faults } = readBody(body, faceOf(config, inbound));
  const mapped = mapBody(values, deliveredTo(source, config, at));
  return { ...mapped, unreadable: [...mapped.unreadable, ...faults] };
}

/** What a delivery is at an end with once it is answered; undefined where something of it is on its way. */
function endOf(status: number, { changes, unreadable }: Mapped): Delivery['outcome'] | undefined {
  if (status >= 400) return 'refused';
  if (changes.length > 0) return undefined;
  return unreadable.length > 0 ? 'parked' : 'ignored';
}

/** The entries that a change is folded into: of a membership the person's. */
function keysOf(change: QueueItem): string[] {
  const person = personOf(change);
  return (person ? [person] : containersOf(change).slice(0, 1)).map(entryKey);
}

function aboutOf(changes: QueueItem[], get: (key: string) => Entry | undefined): Delivery['about'] {
  const refs = changes.flatMap((change) => [personOf(change) ?? [], containersOf(change)].flat());
  const names = new Map<string, string>();
  for (const change of changes) {
    const own = 'profile' in change ? change.profile?.name : undefined;
    const name = 'container' in change ? change.container.name : own;
    const ref = 'container' in change ? containersOf(change).at(-1) : personOf(change);
    if (ref && name) names.set(entryKey(ref), name);
  }
  const byKey = new Map(refs.map((ref) => [entryKey(ref), ref]));
  return [...byKey].slice(0, MAX_PARTS).map(([key, { kind, id }]) => {
    return { kind, id, name: names.get(key) ?? nameIn(get(key)) };
  });
}

function nameIn(entry: Entry | undefined): string | undefined {
  const name = entry?.kind === 'person' ? entry.profile.name?.value : entry?.name?.value;
  return name ?? undefined;
}

/** Whether everything that a delivery says of an entry is known by now, by this or by something newer. */
function isKnown(key: string, { changes }: Watched, entry: Entry | undefined): boolean {
  const about = changes.filter((change) => keysOf(change).includes(key));
  return about.every((change) => verdictsOf(change, entry).every(({ is }) => is !== 'open'));
}

/** Whether one of these versions set a part of an entry. */
function hasOne(entry: Entry, versions: ReadonlySet<string>): boolean {
  const text = JSON.stringify(entry);
  return [...versions].some((version) => text.includes(JSON.stringify(version)));
}

function lineOf({ id, at, source, types, about, status, ms, outcome, doneAt }: DeliveryPath): Delivery {
  return { id, at, source, types, about, status, ms, outcome, doneAt };
}
