import { join } from 'node:path';
import { FrameReader, messageOf } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';

/** What an app published by `process.send({ type, data })`. */
export interface Published {
  readonly type: string;
  /** PM2's number for the app. */
  readonly id: unknown;
  readonly data: unknown;
}

/** PM2's bus: delivers everything that apps publish, once it is open. */
export interface Bus extends Disposable {
  readonly opened: Promise<void>;
}

/** Listens on the `pub.sock` of PM2's folder; it has the frames of its RPC socket, with a name and its data in each. */
export function listenToBus(home: string, on: (published: Published) => void): Bus {
  const { createConnection } = process.getBuiltinModule('node:net');
  const socket = createConnection(join(home, 'pub.sock'));
  const frames = new FrameReader();
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.on('error', (cause) => {
      const explanation = { doing: "listening to PM2's bus", found: messageOf(cause) };
      reject(new LifecycleError('pm2-failed', explanation, { cause }));
    });
  });
  opened.catch(() => {});
  socket.on('data', (chunk) => {
    try {
      for (const [type, packet] of frames.push(chunk)) on(read(type, packet));
    } catch {
      // Not PM2: callers that wait for an answer will time out.
      socket.destroy();
    }
  });
  return { opened, [Symbol.dispose]: () => void socket.destroy() };
}

function read(type: unknown, packet: unknown): Published {
  const { process, data } = Object(packet) as { process?: { pm_id?: unknown }; data?: unknown };
  return { type: String(type), id: process?.pm_id, data };
}
