import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * A name server that knows no name, as the one of most machines for names of containers: an engine asks it for what it
 * does not know itself, or not yet.
 */
export async function denyNames(address: string): Promise<() => void> {
  const socket = createSocket('udp4').bind(53, address);
  await once(socket, 'listening');
  socket.unref();
  socket.on('message', (question, from) => {
    const answer = Buffer.from(question);
    answer.writeUInt16BE(0x8183, 2);
    socket.send(answer, from.port, from.address);
  });
  return () => socket.close();
}
