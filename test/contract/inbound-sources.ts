// The kinds of sources that the contract of what comes in holds for: one line each.

export { auth0 } from './auth0/inbound.ts';
export { fixtureInbound as fixture } from './fixture-source/contract.ts';
export { okta } from './okta/inbound.ts';
