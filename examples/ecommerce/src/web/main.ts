import { createServer } from 'node:http';
import { createHealth } from '@cutover/healthcheck';
import { gracefulShutdown } from '@cutover/lifecycle';
import { config, identity } from '../config.ts';
import { renderPage } from './page.ts';

const page = renderPage(config);
// A browser that has the page asks whether it is still the same.
const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', ...identity };

const server = createServer((request, response) => {
  if (request.url?.startsWith('/health')) health.handler(request, response);
  else if (request.url === '/') response.writeHead(200, headers).end(page);
  else response.writeHead(404, identity).end();
});
// As in the API: longer than HAProxy keeps a connection for its clients.
server.keepAliveTimeout = 90_000;

const shutdown = gracefulShutdown({ server, gracePeriod: 20_000, containerStopTimeout: 40_000 });
const health = createHealth({ shutdown: shutdown.signal });

server.listen(config.port, () => shutdown.ready());
