import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@cutover/testing';
import { ensureTool } from '../../../../scripts/engine/index.ts';

export interface Pooling {
  /** The server that it lends sessions of. */
  readonly url: string;
  readonly mode: 'session' | 'transaction' | 'statement';
  /** Sessions at most. */
  readonly size: number;
  /** Further lines of its configuration. */
  readonly settings?: readonly string[];
}

/** A real PgBouncer on loopback that takes any password. */
export async function startPgbouncer({ url, mode, size, settings = [] }: Pooling) {
  const env = { ...process.env, ...(await ensureTool('pgbouncer')) };
  const folder = await mkdtemp(join(tmpdir(), 'cutover-pgbouncer-'));
  const { hostname, port, username, password, pathname } = new URL(url);
  const name = pathname.slice(1);
  const [own] = await freePorts(1);
  const file = join(folder, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `${name} = host=${hostname} port=${port} dbname=${name} user=${username} password=${password}`,
    '[pgbouncer]',
    ...['listen_addr = 127.0.0.1', `listen_port = ${own}`, 'unix_socket_dir =', 'auth_type = any'],
    ...[`pool_mode = ${mode}`, `default_pool_size = ${size}`, ...settings],
  ];
  await writeFile(file, lines.join('\n'), { mode: 0o644 });
  // It refuses to run as root, and gives root up before it reads its configuration again.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', [...user, file], { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await listening(Number(own));
  return {
    url: `postgresql://${username}:any@127.0.0.1:${own}/${name}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await new Promise((again) => setTimeout(again, 20));
    } finally {
      socket.destroy();
    }
  }
}
