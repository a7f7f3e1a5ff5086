// The kinds of sources that the contract of directories holds for: one line each.

export { auth0 } from './auth0/directory.ts';
export { fixtureDirectory as fixture } from './fixture-source/contract.ts';
export { okta } from './okta/directory.ts';
