import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { request } from 'node:http';
import { execa } from 'execa';
import { privateHost } from './paths.ts';

const defaultSocket = '/var/run/docker.sock';

/** An engine that answers. Without a host it is reached through the Docker client's own context. */
export interface FoundEngine {
  readonly host?: string;
}

/** Looks for somebody else's engine, in the order the Docker client does. */
export async function findEngine(): Promise<FoundEngine | undefined> {
  for (const host of new Set([process.env.DOCKER_HOST, await contextHost(), `unix://${defaultSocket}`])) {
    if (!host || host === privateHost || !(await answers(host))) continue;
    // A TCP context has certificates that the bare address would lose.
    return host.startsWith('tcp:') && host !== process.env.DOCKER_HOST ? {} : { host };
  }
  return undefined;
}

/** Says what was looked for, or that a socket is there but closed to this user. */
export async function whyNoEngine(): Promise<string> {
  const closed = await access(defaultSocket, constants.W_OK).then(
    () => false,
    ({ code }) => code === 'EACCES',
  );
  if (closed)
    return `Docker's socket ${defaultSocket} is closed to this user, who is not in the group "docker"`;
  return `No Docker engine answers (looked for DOCKER_HOST, the current Docker context and ${defaultSocket})`;
}

export const answers = (host: string): Promise<boolean> =>
  host.startsWith('unix://') ? pings(host.slice('unix://'.length)) : clientReaches(host);

async function contextHost(): Promise<string | undefined> {
  const format = '{{.Endpoints.docker.Host}}';
  const env = { DOCKER_HOST: '' };
  const { stdout } = await execa('docker', ['context', 'inspect', '--format', format], {
    env,
    reject: false,
    timeout: 5000,
  });
  return stdout?.trim();
}

async function clientReaches(host: string): Promise<boolean> {
  const { exitCode } = await execa('docker', ['version'], {
    env: { DOCKER_HOST: host },
    reject: false,
    timeout: 5000,
  });
  return exitCode === 0;
}

function pings(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 3000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
}
