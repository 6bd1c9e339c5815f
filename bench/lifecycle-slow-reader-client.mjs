// Asks once and reads the answer at 4 MB a second; says when it has begun, and how many bytes of the body came.
import { connect } from 'node:net';

const STEP = 20;
const PER_STEP = (4_000_000 / 1000) * STEP;

const socket = connect({ host: '127.0.0.1', port: Number(process.argv[2]), highWaterMark: PER_STEP });
socket.on('error', () => {});
socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n');

let received = 0;
let allowance = 0;
socket.once('data', (chunk) => {
  received -= chunk.indexOf('\r\n\r\n') + 4;
  process.send('begun');
});
socket.on('data', (chunk) => {
  received += chunk.length;
  allowance -= chunk.length;
  if (allowance <= 0) socket.pause();
});
const steps = setInterval(() => {
  allowance += PER_STEP;
  if (allowance > 0) socket.resume();
}, STEP);
socket.on('close', () => {
  clearInterval(steps);
  process.send({ received });
});
