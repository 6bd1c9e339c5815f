import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What comes of a question: an address, one of the answers that are none, or silence. By HAProxy's names. */
export type Answer = 'valid' | 'nx' | 'refused' | 'other' | 'timeout';

export interface Names extends AsyncDisposable {
  readonly port: number;
  answer: Answer;
}

const CODES = { valid: 0, other: 2, nx: 3, refused: 5 } as const;
const HEADER = 12;
const ADDRESS = Buffer.from([0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);

/** A name server on loopback for which every name is 127.0.0.1, or has no address. */
export async function startNames(): Promise<Names> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const names: Names = {
    port: socket.address().port,
    answer: 'valid',
    [Symbol.asyncDispose]: () => closed(socket),
  };
  socket.on('message', (question, { port, address }) => {
    if (names.answer !== 'timeout') socket.send(answerTo(question, names.answer), port, address);
  });
  return names;
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.close(() => resolve()));

function answerTo(question: Buffer, answer: keyof typeof CODES): Buffer {
  // After the name come its type and class; HAProxy adds a record of its own, which is left out.
  const end = question.indexOf(0, HEADER) + 5;
  const text = Buffer.from(question.subarray(0, end));
  const found = answer === 'valid' ? 1 : 0;
  text.writeUInt16BE(0x8180 | CODES[answer], 2);
  text.writeUInt16BE(found, 6);
  text.writeUInt16BE(0, 10);
  return found ? Buffer.concat([text, ADDRESS]) : text;
}
