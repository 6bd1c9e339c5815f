import { connect } from 'node:net';

/** A client of the app's echo, over an upgraded connection; enough of a WebSocket for HAProxy. */
export async function openEcho(url: string, path = '/ws') {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let received = '';
  socket.on('error', () => {});
  socket.on('data', (data) => {
    received += data.toString();
  });
  /** Until `text` came back; false when the connection ended before. */
  const until = async (text: string): Promise<boolean> => {
    while (!received.includes(text)) {
      const more = new Promise<void>((resolve) => socket.once('data', () => resolve()));
      if (socket.destroyed) return false;
      await Promise.race([more, closed]);
    }
    return true;
  };
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n`);
  if (!(await until('101'))) throw new Error(`the upgrade was refused: ${received}`);
  return {
    closed,
    /** Whether what is said comes back. */
    echoes: (text: string): Promise<boolean> => {
      socket.write(text);
      return until(text);
    },
    close: () => socket.destroy(),
  };
}
