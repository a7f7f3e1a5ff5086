// npm 10 leaves no link to the Node that the project brings: two packages have a command of that name, and it takes away the link
// together with the one for another processor. Called after every installation; does nothing where the link is there.
import { existsSync, symlinkSync } from 'node:fs';

const bin = new URL('../node_modules/.bin/', import.meta.url);
const brought = `../node-linux-${process.arch}/bin/node`;
if (process.platform === 'linux' && existsSync(new URL(brought, bin)) && !existsSync(new URL('node', bin)))
  symlinkSync(brought, new URL('node', bin));
