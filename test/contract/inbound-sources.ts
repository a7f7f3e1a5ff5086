// The kinds of sources that the contract of what comes in holds for: one line each.

export { auth0 } from './auth0/inbound.ts';
export { okta } from './okta/inbound.ts';
