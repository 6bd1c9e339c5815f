import { connect, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { startContainer } from '@cutover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bundle } from '../programs.ts';

const repository = resolve(import.meta.dirname, '../../../..');
const PORT = 3000;

/** Answers with as many bytes as the path says; process 1 of its container. */
const SERVER = `
  const { createServer } = await import('node:http');
  const { gracefulShutdown } = await import(${JSON.stringify(bundle)});
  const server = createServer(({ url }, response) => response.end(Buffer.alloc(Number(url.slice(1)))));
  gracefulShutdown({ server });
  server.listen(${PORT}, () => console.log('listening'));
`;

/** Reads 4 MB a second, and resolves to the bytes of the body once the connection is closed. */
function readSlowly(socket: Socket): Promise<number> {
  let received = 0;
  let allowance = 0;
  socket.once('data', (chunk) => {
    received -= chunk.indexOf('\r\n\r\n') + 4;
  });
  socket.on('data', (chunk) => {
    received += chunk.length;
    allowance -= chunk.length;
    if (allowance <= 0) socket.pause();
  });
  const steps = setInterval(() => {
    allowance += 80_000;
    if (allowance > 0) socket.resume();
  }, 20);
  return new Promise((done) => {
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(steps);
      done(received);
    });
  });
}

describe('gracefulShutdown in a container that is stopped', () => {
  it.each([12_000_000, 3_000_000])(
    'gives a slow reader all of %i bytes',
    async (size) => {
      const container = await startContainer({
        image: 'node:24-bookworm-slim',
        command: ['node', '--input-type=module', '-e', SERVER],
        host: { Binds: [`${repository}:${repository}:ro`] },
      });
      onTestFinished(() => container[Symbol.asyncDispose]());
      while (!(await container.logs()).includes('listening'))
        await new Promise((next) => setTimeout(next, 50));
      const { NetworkSettings } = await container.inspect();
      const host = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '';
      const socket = connect({ host, port: PORT });
      socket.write(`GET /${size} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const received = readSlowly(socket);
      await new Promise((begun) => socket.once('data', begun));
      await container.stop(15);
      expect(await received).toBe(size);
      expect((await container.inspect()).State.ExitCode).toBe(0);
    },
    60_000,
  );
});
