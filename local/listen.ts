import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Starts a server on 127.0.0.1; `port` 0 is any free one. `close` cuts open connections and resolves when the port is free.
 * Rejects when the port is taken.
 */
export async function listen(
  server: Server,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
