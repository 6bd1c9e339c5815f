// The app behind HAProxy, in a process of its own: what SIGKILL does to it is what SIGKILL does. Plain JavaScript, since
// a replacement of versions starts dozens of them and a compiler would cost each half a second.
import { createServer } from 'node:http';

const [name, port] = process.argv.slice(2);
const state = { healthy: true, slow: 500, served: 0, checkedAt: 0 };

const server = createServer((request, response) => {
  if (request.url === '/health') {
    state.checkedAt = performance.timeOrigin + performance.now();
    response.statusCode = state.healthy ? 200 : 503;
    return void response.end();
  }
  state.served++;
  response.setHeader('x-version', name);
  request.resume();
  const answer = () => response.end(`${name} ${request.headers['x-request-id'] ?? request.url}`);
  if (request.url.includes('/slow')) setTimeout(answer, state.slow);
  else answer();
});
// Longer than HAProxy keeps its idle connections, so that no request meets a closing one.
server.keepAliveTimeout = 60_000;
server.on('upgrade', (request, socket) => {
  state.served++;
  socket.on('error', () => {});
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
  socket.pipe(socket);
  request.resume();
});
server.listen(Number(port), '0.0.0.0', () => process.send({ port: server.address().port }));

process.on('message', (changes) => process.send(Object.assign(state, changes)));
// Without its test nobody would ever end it.
process.on('disconnect', () => process.exit());
