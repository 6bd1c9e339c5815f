// Opens many keep-alive connections, asks once on each, and says so when all have been answered.
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
let answered = 0;
let open = 0;
const sockets = [];
const next = () => {
  if (open === count) return;
  open++;
  const socket = connect({ host: '127.0.0.1', port });
  sockets.push(socket);
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n');
  socket.once('data', () => {
    if (++answered === count) process.send('answered');
    next();
  });
};
for (let at = 0; at < 200; at++) next();
