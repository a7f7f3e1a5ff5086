import { answers, events, type Proof, reads, veltAnswers } from './odd-item-proofs.ts';

// What one odd item costs, by what is odd (rows) and by what meets it (columns): itself, for as long as it stays odd.

export const columns = ['webhook', 'event batch', 'run', 'catch-up', 'sweep', 'read-back'] as const;
export type Column = (typeof columns)[number];

/**
 * What a cell promises, with what proves it: a case lived through here, or a test elsewhere, as its file below `test/` and a
 * part of its title. Or why there is nothing to promise.
 */
export type Cell = { promises: string; by: Proof | [file: string, title: string] } | { never: string };

const readsNobody = { never: 'a webhook asks the directory for nothing' };
const asksForALook = {
  never: 'a sweep reads no more than ids of the mirror, and asks for another look: an event batch',
};
const asksVelt = { never: 'a read-back compares the mirror with Velt, and asks no directory' };
const callsNoVelt = { never: 'a webhook makes no call to Velt' };

export const rows: Record<string, Record<Column, Cell>> = {
  text: {
    webhook: {
      promises: 'any text that JSON can hold gets through, cleaned, or is left out; nobody beside it waits',
      by: ['path/strange-texts', 'a webhook brings everyone where a name or an id has %s'],
    },
    'event batch': {
      promises: 'a read says of a strange text what a list says of it',
      by: ['path/strange-texts', 'a read in delivery says the same of %s as a run'],
    },
    run: {
      promises: 'everyone is brought, and a second run finds nothing to do',
      by: ['path/strange-texts', 'a run brings everyone where a text is %s, and finds it no second time'],
    },
    'catch-up': {
      promises: 'what the vendor recorded gets through as what a webhook brings',
      by: ['path/strange-texts', 'catching up brings everyone where a name or an id has $what'],
    },
    sweep: asksForALook,
    'read-back': {
      promises: 'whoever Velt lists by an id that no message holds is left alone, and all others compared',
      by: ['path/drift-strangers', 'with an id longer than any message takes hold nobody up'],
    },
  },
  attribute: {
    webhook: {
      promises: 'it is left out and counted, and all else of the event is taken',
      by: ['contract/webhook', 'leaves out and counts a name of a megabyte'],
    },
    'event batch': {
      promises: 'it is left out of what was read, and all else of the person is believed',
      by: ['unit/delivery/refresh', 'is cleaned, and an odd item of it costs only itself'],
    },
    run: {
      promises: 'whoever has it stays, everybody else ends right, and removals go on',
      by: ['property/odd-answers', 'while it answers oddly for ever'],
    },
    'catch-up': {
      promises: 'an event that was recorded is read as one that a webhook brings',
      by: ['unit/sources/attributes', 'an event of Okta costs an odd display name no more than the name'],
    },
    sweep: asksForALook,
    'read-back': {
      promises: 'an empty attribute is none, and no reason to change anything',
      by: ['path/drift', 'may list an empty address where there is none'],
    },
  },
  item: {
    webhook: {
      promises: 'one event that nobody can read is parked; the others of its delivery are taken',
      by: events.unreadableBesideOthers,
    },
    'event batch': {
      promises: 'an odd item of what somebody is in takes nothing from them, and they are read for the rest',
      by: ['property/odd-answers', 'while it answers oddly for ever'],
    },
    run: {
      promises: 'it protects those whom it could be about from removal, and nobody else',
      by: ['path/run-unread', 'a person whom nobody can read keeps nobody else from leaving'],
    },
    'catch-up': {
      promises: 'one event of the record that nobody can read is counted, and the others are taken',
      by: [
        'path/catch-up',
        'counts deliveries that its record says have failed, and events that cannot be read',
      ],
    },
    sweep: {
      promises: 'an entry that cannot be delivered yet is due again later, and alone',
      by: ['faults/refusals', 'is tried again by the sweep when their time has come, and not before'],
    },
    'read-back': {
      promises: 'a listed user without an id is passed over',
      by: ['unit/velt/listing', 'is read without what has no id, and without fields that are not documented'],
    },
  },
  person: {
    webhook: readsNobody,
    'event batch': {
      promises: 'whom the directory answers 400, 403 or 500 stays and is owed a read; the others are read',
      by: ['path/refresh-reach', 'answered %i for ever stay, and all others are read'],
    },
    run: {
      promises: 'whom nobody may read and no list has stays; the others who left are removed',
      by: reads.personOfARun,
    },
    'catch-up': {
      promises: 'what happened to the others takes effect',
      by: reads.personOfCatchUp,
    },
    sweep: {
      promises: 'they are looked at again, whoever else is due as well',
      by: ['unit/delivery/sweep', 'queues every due entry for another look that states no fact'],
    },
    'read-back': asksVelt,
  },
  group: {
    webhook: readsNobody,
    'event batch': {
      promises: 'its members stay, and what its events tell holds; other groups are read',
      by: reads.groupOfABatch,
    },
    run: {
      promises: 'it keeps its members; those of other groups who left are out',
      by: ['path/run-unread', '%i keeps its members, and costs no other group anything'],
    },
    'catch-up': {
      promises: 'what happened to other groups takes effect',
      by: reads.groupOfCatchUp,
    },
    sweep: asksForALook,
    'read-back': {
      promises: 'one that Velt does not know any more is brought back, and the rest is compared',
      by: [
        'path/drift',
        'is a whole group that Velt does not know any more, and nothing that stops the rest',
      ],
    },
  },
  organization: {
    webhook: readsNobody,
    'event batch': {
      promises: 'who has unreadable roles in it keeps what they have; members of others are read',
      by: reads.organizationOfABatch,
    },
    run: {
      promises: 'it keeps its members; who left another one is out, and who was deleted is out of both',
      by: ['path/run-unread', 'costs nobody anything, and no other list: %s'],
    },
    'catch-up': { never: 'events tell all there is of an organization, and it is not read for them' },
    sweep: asksForALook,
    'read-back': {
      promises: 'each is compared by itself, and one after another where time is short',
      by: ['path/drift-in-turns', 'finds who is missing only in what it listed, and in the end everywhere'],
    },
  },
  page: {
    webhook: readsNobody,
    'event batch': {
      promises: "short pages of somebody's groups are read to the last",
      by: answers.pagesOfAPerson,
    },
    run: {
      promises: 'a page may be short, and what was asked for is asked for on the next one as well',
      by: ['path/run-pages', 'short pages is read to its end'],
    },
    'catch-up': {
      promises: 'the place in the record moves page by page',
      by: ['path/catch-up', 'moves page by page, and no page is begun after the deadline'],
    },
    sweep: { never: 'a sweep asks the mirror for one list of bounded length' },
    'read-back': {
      promises: "Velt's lists are read to their last page, however short one is",
      by: ['path/drift-lists', 'are read to the last'],
    },
  },
  message: {
    webhook: {
      promises: 'what cannot be mapped is parked once, byte for byte, and answered 2xx',
      by: ['contract/webhook', 'parks what it cannot read, once and byte for byte'],
    },
    'event batch': {
      promises: 'what nobody can read is with the dead letters at once, and holds up nobody',
      by: ['unit/delivery/batch', 'puts just the message that nobody can read to the dead letters, at once'],
    },
    run: {
      promises: 'what no message can hold is left out, and no removal of anybody else is',
      by: ['path/run-pages', 'holds up nobody, and no removal of anybody else'],
    },
    'catch-up': {
      promises: 'what no message can hold is not queued',
      by: ['path/catch-up', 'queues nothing that no message can hold'],
    },
    sweep: { never: 'what the mirror holds came in a message, and fits into one' },
    'read-back': {
      promises: 'a stranger whose id no message can hold is left alone, and the others are adopted',
      by: ['path/drift-strangers', 'with an id longer than any message takes hold nobody up'],
    },
  },
  entry: {
    webhook: { never: 'a webhook reads no entry of the mirror' },
    'event batch': {
      promises: 'what is about one that only a newer version can read waits in a group of its own',
      by: ['path/unreadable-entries', 'keep nobody else waiting who is told of in the same message'],
    },
    run: {
      promises: 'whoever stands on one that only a newer version can read loses nothing, and others do',
      by: ['path/unreadable-entries', 'a run goes on over a person and a group that cannot be read'],
    },
    'catch-up': { never: 'catching up reads no entry of the mirror' },
    sweep: {
      promises: 'nothing waits of a look at one that only a newer version can read',
      by: ['path/unreadable-entries', 'leave nothing waiting of a sweep'],
    },
    'read-back': {
      promises: 'whoever only a newer version can read is not taken for a stranger who leaves',
      by: ['path/unreadable-entries', 'takes nobody out who cannot be read'],
    },
  },
  source: {
    webhook: {
      promises: 'one that is not configured is not found, whatever its name',
      by: ['contract/webhook', 'is not found: "%s"'],
    },
    'event batch': {
      promises: 'changes of one that is not configured are dropped and counted; the rest is delivered',
      by: ['unit/delivery/batch', 'drops just the changes of a source that is not configured'],
    },
    run: {
      promises: 'one that is out of reach keeps no other one waiting, and is told in the end',
      by: ['path/run-all', 'does for every source what it can, and throws what held one up in the end'],
    },
    'catch-up': {
      promises: 'one that is out of reach keeps no other one waiting, and is told in the end',
      by: ['path/catch-up', 'out of reach does not keep it from the others, and is thrown in the end'],
    },
    sweep: {
      promises: 'what one that is not configured owes is left alone, however much it is',
      by: ['unit/delivery/sweep', 'leaves alone what a source owes that is not configured any more'],
    },
    'read-back': {
      promises: 'people of two sources in one organization are no strangers to each other',
      by: ['path/drift-two-sources', 'are no strangers to each other'],
    },
  },
  'Velt item': {
    webhook: callsNoVelt,
    'event batch': {
      promises:
        'the one whom Velt fails on or refuses is kept for the sweep; all others are in and confirmed',
      by: ['path/velt-faults-that-last', 'the forty who came with them are in and confirmed'],
    },
    run: {
      promises:
        'the others of a list are brought and removed; the run ends, and finds nothing more to do for them',
      by: veltAnswers.itemOfARun,
    },
    'catch-up': {
      promises: 'what happened to the others takes effect',
      by: veltAnswers.itemOfCatchUp,
    },
    sweep: {
      promises: 'they are tried again ever more seldom, and are in once Velt takes them',
      by: ['path/velt-faults-that-last', 'they are kept for the sweep as refused'],
    },
    'read-back': {
      promises: 'whom Velt refused is not missed in it',
      by: ['path/drift', 'is not somebody whom Velt refused'],
    },
  },
  'Velt call': {
    webhook: callsNoVelt,
    'event batch': {
      promises: 'a call refused as a whole is halved to its culprit; other calls are made, removals first',
      by: ['path/velt-faults-that-last', 'twenty leavers leave although Velt refuses the call of all'],
    },
    run: {
      promises: 'a run calls Velt through event batches: a kind of call that always fails stops no removal',
      by: veltAnswers.callOfARun,
    },
    'catch-up': {
      promises: 'events go through event batches: a kind of call that always fails stops no removal',
      by: veltAnswers.callOfCatchUp,
    },
    sweep: {
      promises: 'what is owed by a call that failed is due again, and no message is left for it',
      by: ['path/velt-faults-that-last', 'no message is left for them, and whoever comes the next day is in'],
    },
    'read-back': {
      promises: 'a list that Velt refuses for ever costs only what it would tell',
      by: ['path/drift-lists', 'that is %s for one group, for ever, costs only what it would tell'],
    },
  },
};
