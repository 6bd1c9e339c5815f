import { createServer, type ServerResponse } from 'node:http';
import type { Check } from '@cutover/healthcheck';

/** A server in a separate process for the bench: the health endpoints, or Node's minimal answer. */
const [, , kind, entry] = process.argv;
const { createHealth } = (await import(entry as string)) as typeof import('@cutover/healthcheck');
let runs = 0;
const checks: Check[] = Array.from({ length: 5 }, (_, index) => ({
  name: `check-${index}`,
  run: async () => {
    runs += 1;
  },
}));
const health = createHealth({ ready: checks });
const bare = Buffer.from('{"status":"pass"}');
const listeners = {
  health: health.handler,
  bare: (_: unknown, response: ServerResponse) =>
    response.writeHead(200, { 'content-length': bare.length }).end(bare),
};
const server = createServer(listeners[kind as keyof typeof listeners]);
server.listen(0, '127.0.0.1', () => process.send?.({ address: server.address() }));
process.on('message', () => process.send?.({ runs, cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
