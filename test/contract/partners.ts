import type { Partner } from './contract.ts';

export const MEGABYTE = 'x'.repeat(1024 * 1024);

/** What no vendor's `detail` may be. */
export const NOTHING: Partner['unreadable'] = [
  ['nothing in it', undefined, '(whole)'],
  ['null in it', null, '(whole)'],
  ['a text in it', 'user.created', '(whole)'],
];
