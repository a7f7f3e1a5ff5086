declare module 'dynalite' {
  import type { Server } from 'node:http';

  type Options = { createTableMs?: number; deleteTableMs?: number; updateTableMs?: number };

  export default function dynalite(options?: Options): Server;
}
