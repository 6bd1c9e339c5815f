// A server, bare or tracked, that tells its processor time when asked.
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end('ok'));
if (process.argv[2] === 'tracked') {
  const { gracefulShutdown } = await import('@cutover/lifecycle');
  gracefulShutdown({ server, logger: false });
}
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: (user + system) / 1000 });
});
