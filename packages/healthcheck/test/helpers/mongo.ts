import type { Socket } from 'node:net';
import { BSON } from 'mongodb';
import { tcpPeer } from './servers.ts';

type Document = Record<string, unknown>;

/** What a {@link mongoPeer} does; a test changes it as it goes. */
export interface MongoBehaviour {
  /** Answers to `ping`; an error as a server words it. */
  answer: Document;
  /** Reads and answers nothing, `hello` neither. */
  frozen: boolean;
  /** Keeps answers to `ping` back until called. */
  hold: Promise<void> | undefined;
  /** Does this at a `ping` in place of answering. */
  onPing: ((socket: Socket) => void) | undefined;
}

const OP_MSG = 2013;
const HEADER = 16;
const HELLO = {
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
};

/**
 * A standalone server that speaks MongoDB's published wire protocol (OP_MSG, and OP_QUERY for the first `hello`) as
 * far as a driver needs it to ping.
 */
export async function mongoPeer() {
  const state: MongoBehaviour = {
    answer: { ok: 1 },
    frozen: false,
    hold: undefined,
    onPing: undefined,
  };
  const asked: string[] = [];
  const answer = async (socket: Socket, message: Buffer) => {
    const command = commandOf(message);
    const [name = ''] = Object.keys(command);
    asked.push(name);
    if (state.frozen) return;
    if (name === 'ping') {
      await state.hold;
      if (state.onPing) return state.onPing(socket);
    }
    const document = name === 'ping' ? state.answer : /hello|ismaster/i.test(name) ? HELLO : { ok: 1 };
    socket.write(replyTo(message, document));
  };
  const peer = await tcpPeer((socket) => {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
        const length = rest.readInt32LE(0);
        void answer(socket, rest.subarray(0, length));
        rest = rest.subarray(length);
      }
    });
  });
  return { ...peer, state, asked };
}

const opCodeOf = (message: Buffer): number => message.readInt32LE(12);

/** OP_MSG: flags and one section of kind 0. OP_QUERY: flags, a name that ends with 0, two numbers. */
function commandOf(message: Buffer): Document {
  const start = opCodeOf(message) === OP_MSG ? HEADER + 5 : message.indexOf(0, HEADER + 4) + 9;
  return BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)));
}

function replyTo(message: Buffer, document: Document): Buffer {
  const isMessage = opCodeOf(message) === OP_MSG;
  const body = BSON.serialize(document);
  // OP_REPLY: flags, cursor, position, and how many documents follow.
  const before = isMessage ? Buffer.alloc(5) : Buffer.from([...new Array(16).fill(0), 1, 0, 0, 0]);
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + before.length + body.length, 0);
  header.writeInt32LE(message.readInt32LE(4), 8);
  header.writeInt32LE(isMessage ? OP_MSG : 1, 12);
  return Buffer.concat([header, before, body]);
}
