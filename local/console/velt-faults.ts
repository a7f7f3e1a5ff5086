import type { FaultRule } from '../doubles/velt/velt.ts';

/** The ways in which the double of Velt can be made to fail by hand: one of each kind that it knows. */
export const VELT_FAULTS: Record<string, { about: string; rule: FaultRule }> = {
  'server error': { about: 'every call is answered 500', rule: { answer: { kind: 'status', status: 500 } } },
  'too many': {
    about: 'every call is answered 429: wait a second',
    rule: { answer: { kind: 'status', status: 429, retryAfterSeconds: 1 } },
  },
  'applied, and 500': {
    about: 'every call is done, and answered 500 all the same',
    rule: { applied: true, answer: { kind: 'status', status: 500 } },
  },
  'refuses people': {
    about: 'each user and group of a call is refused',
    rule: { answer: { kind: 'refuse-item', reason: 'Velt does not like this name.' } },
  },
  'refuses calls': {
    about: 'every call is refused as a whole',
    rule: {
      answer: {
        kind: 'refuse-call',
        status: 400,
        errorStatus: 'INVALID_ARGUMENT',
        message: 'Velt does not like this.',
      },
    },
  },
  'names nobody': {
    about: 'a success that names none of its users',
    rule: { answer: { kind: 'omit-item' } },
  },
  hangs: { about: 'no call is answered', rule: { answer: { kind: 'hang' } } },
  'hangs up': { about: 'every connection is reset', rule: { answer: { kind: 'reset' } } },
  slow: { about: 'every answer takes three seconds', rule: { answer: { kind: 'slow', ms: 3_000 } } },
  garbage: {
    about: 'every answer is a page of HTML',
    rule: { answer: { kind: 'garbage', body: '<html></html>' } },
  },
};
