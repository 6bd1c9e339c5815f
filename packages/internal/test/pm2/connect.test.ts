import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectPm2, type Pm2Client } from '../../src/index.ts';
import { encodeFrame, FrameReader } from '../../src/pm2/frames.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const newHome = async () => {
  const home = await mkdtemp(join(tmpdir(), 'cutover-pm2-'));
  cleanups.push(() => rm(home, { recursive: true, force: true }));
  return home;
};

/** A peer on PM2's socket: `answer` sees every call and may write what it likes. */
async function peer(answer: (socket: Socket, call: { method: string; args: unknown[] }, id: string) => void) {
  const home = await newHome();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    const frames = new FrameReader();
    socket.on('data', (chunk) => {
      for (const [call, id] of frames.push(chunk)) answer(socket, call as never, id as string);
    });
  });
  await new Promise<void>((resolve) => server.listen(join(home, 'rpc.sock'), resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return { home, sockets };
}

const connect = async (home: string, timeout = 5_000): Promise<Pm2Client> => {
  const client = await connectPm2({ home, timeout });
  cleanups.push(() => client.close());
  return client;
};

describe('connectPm2', () => {
  it('says that PM2 does not run when there is no socket', async () => {
    await expect(connectPm2({ home: await newHome() })).rejects.toMatchObject({ code: 'pm2-not-running' });
  });

  it('gives each call its own answer, in whatever order they come', async () => {
    const held: (() => void)[] = [];
    const { home } = await peer((socket, { args }, id) => {
      held.unshift(() => socket.write(encodeFrame({ args: [args[0]] }, id)));
      if (held.length === 2) for (const reply of held) reply();
    });
    const client = await connect(home);
    await expect(Promise.all([client.call('echo', 'a'), client.call('echo', 'b')])).resolves.toEqual([
      'a',
      'b',
    ]);
  });

  it('rejects with what PM2 answers as an error', async () => {
    const { home } = await peer((socket, _, id) =>
      socket.write(encodeFrame({ error: '7 : id unknown' }, id)),
    );
    const client = await connect(home);
    await expect(client.call('stopProcessId', 7)).rejects.toMatchObject({
      code: 'pm2-refused',
      message: expect.stringContaining('id unknown'),
    });
  });

  it('ends a call at its limit, and goes on with the next', async () => {
    const { home } = await peer((socket, { method }, id) => {
      if (method === 'ping') socket.write(encodeFrame({ args: ['pong'] }, id));
    });
    const client = await connect(home);
    await expect(client.callWithin({ timeout: 20 }, 'stopProcessId', 1)).rejects.toMatchObject({
      code: 'pm2-silent',
    });
    await expect(client.call('ping')).resolves.toBe('pong');
  });

  it('ends a call with the reason of its signal', async () => {
    const { home } = await peer(() => {});
    const client = await connect(home);
    const stop = new AbortController();
    const call = client.callWithin({ signal: stop.signal }, 'ping');
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });

  it('rejects every open call when the daemon goes away, and those made later', async () => {
    const { home } = await peer((socket) => socket.destroy());
    const client = await connect(home);
    await expect(client.call('ping')).rejects.toMatchObject({ code: 'pm2-closed' });
    await expect(client.call('ping')).rejects.toMatchObject({ code: 'pm2-closed' });
  });

  it('refuses a peer that speaks something else', async () => {
    const { home } = await peer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const client = await connect(home);
    await expect(client.list()).rejects.toMatchObject({ code: 'pm2-not-pm2' });
  });

  it('closes its socket', async () => {
    const { home, sockets } = await peer((socket, _, id) => socket.write(encodeFrame({ args: [[]] }, id)));
    const client = await connect(home);
    await client.list();
    expect(sockets.size).toBe(1);
    client.close();
    await expect.poll(() => sockets.size).toBe(0);
    await expect(client.list()).rejects.toMatchObject({ code: 'pm2-closed' });
  });
});

describe('Pm2Client.list', () => {
  it('keeps what a check needs and drops the environment', async () => {
    const entry = {
      pid: 12,
      name: 'api',
      pm_id: 3,
      pm2_env: {
        status: 'online',
        exec_mode: 'cluster_mode',
        restart_time: 2,
        unstable_restarts: 0,
        pm_uptime: 5000,
        created_at: 4000,
        kill_timeout: 9000,
        DATABASE_URL: 'postgres://a:secret@b',
        env: { TOKEN: 'secret' },
      },
      monit: { cpu: 1.5, memory: 99 },
    };
    const { home } = await peer((socket, _, id) => socket.write(encodeFrame({ args: [[entry]] }, id)));
    await expect((await connect(home)).list()).resolves.toEqual([
      {
        name: 'api',
        id: 3,
        pid: 12,
        status: 'online',
        execMode: 'cluster',
        restarts: 2,
        unstableRestarts: 0,
        startedAt: 5000,
        createdAt: 4000,
        killTimeout: 9000,
        cpu: 1.5,
        memory: 99,
      },
    ]);
  });

  it('refuses a list that is no list', async () => {
    const { home } = await peer((socket, _, id) => socket.write(encodeFrame({ args: ['no'] }, id)));
    await expect((await connect(home)).list()).rejects.toMatchObject({ code: 'pm2-not-pm2' });
  });
});
