import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { AwsError } from '../error.ts';

type Entry = { Id: string | undefined };

/** Returns the entries of a batch request. Throws AwsError where AWS refuses the batch as a whole. */
export function checkedBatch<E extends Entry>(kind: string, entries: E[] = []): E[] {
  const refuse = (code: string, message: string) =>
    new AwsError(code, message, { queryCode: `AWS.SimpleQueueService.${code}` });
  const ids = entries.map(({ Id }) => Id ?? '');
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);

  if (entries.length === 0)
    throw refuse('EmptyBatchRequest', `There should be at least one ${kind} in the request.`);
  if (entries.length > 10)
    throw refuse(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are 10. You have sent ${entries.length}.`,
    );
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id)))
    throw refuse(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  if (repeated !== undefined) throw refuse('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
  return entries;
}

/** Runs each entry by itself: one that is refused does not touch the others. */
export function batchResult<E extends Entry>(entries: E[], run: (entry: E) => object): object {
  const successful: object[] = [];
  const failed: BatchResultErrorEntry[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: entry.Id, SenderFault: true, Code: error.queryCode, Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}
