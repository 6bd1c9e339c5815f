import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureTool } from '../scripts/engine/index.ts';

const run = promisify(execFile);

/** A third-party client: one command, sent once. */
export interface Peer {
  readonly name: string;
  readonly send: () => Promise<unknown>;
}

const LINE = 'set server app/blue weight 100';

/** A bare socket, one line after the other: the upper limit for a client with one caller. */
export async function bareSocket(path: string): Promise<Peer & AsyncDisposable> {
  const socket = connect(path).setEncoding('latin1');
  let answered = () => {};
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    if (!text.endsWith('\n> ')) return;
    text = '';
    answered();
  });
  const ask = (line: string) =>
    new Promise<void>((resolve) => {
      answered = resolve;
      socket.write(`${line}\n`);
    });
  await ask('prompt');
  return {
    name: 'a bare socket, persistent',
    send: () => ask(LINE),
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
}

/** The peers that are available on this machine; for each other one the reason. */
export async function findPeers(
  socket: string,
): Promise<{ peers: Peer[]; missing: string[]; [Symbol.asyncDispose](): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-bench-'));
  const npm = await npmPeers(folder, socket);
  const found = await Promise.allSettled([socatPeer(socket), ...npm]);
  return {
    peers: found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    missing: found.flatMap((each) =>
      each.status === 'rejected' ? [String(each.reason.message).split('\n')[0] ?? ''] : [],
    ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function socatPeer(socket: string): Promise<Peer> {
  const env = { ...process.env, ...(await ensureTool('socat')) };
  const send = () => run('sh', ['-c', `echo "${LINE}" | socat - UNIX-CONNECT:${socket}`], { env });
  return tried({ name: 'socat, a process each', send });
}

/** Installed outside the workspace, without their scripts: nothing in the project depends on them. */
async function npmPeers(folder: string, socket: string): Promise<Promise<Peer>[]> {
  const install = [
    'install',
    '--prefix',
    folder,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    'haproxy@0.3.0',
    'haproxy-sdk@1.0.5',
  ];
  await run('npm', install).catch(() => {});
  const require = createRequire(join(folder, 'index.js'));
  return [haproxyPeer(require, socket), sdkPeer(require, socket)];
}

async function haproxyPeer(require: NodeJS.Require, socket: string): Promise<Peer> {
  const HAProxy = require('haproxy') as new (
    socket: string,
    options: object,
  ) => Record<string, (...args: unknown[]) => void>;
  // It looks for the haproxy program although the socket needs none; any program will do.
  const client = new HAProxy(socket, { which: process.execPath, config: '/dev/null', pid: '/dev/null' });
  const send = () =>
    new Promise((resolve, reject) => {
      client.weight?.('app', 'blue', 100, (error: unknown, value: unknown) =>
        error ? reject(error) : resolve(value),
      );
    });
  return tried({ name: 'npm haproxy 0.3.0', send });
}

async function sdkPeer(require: NodeJS.Require, socket: string): Promise<Peer> {
  const HAProxy = require('haproxy-sdk') as new (
    socket: string,
  ) => { command(line: string): Promise<unknown> };
  const client = new HAProxy(socket);
  return tried({ name: 'npm haproxy-sdk 1.0.5', send: () => client.command(LINE) });
}

/** Checks that it still works, within 10 s. */
async function tried(peer: Peer): Promise<Peer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 10 s')), 10_000);
  });
  try {
    await Promise.race([peer.send(), late]);
    return peer;
  } catch (error) {
    throw new Error(`${peer.name} does not work: ${Object(error).message ?? String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
