import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { execa } from 'execa';
import { privateHost } from './paths.ts';

const defaultHost = 'unix:///var/run/docker.sock';

/** An engine that answers. Without a host it is reached through the Docker client's own context. */
export interface FoundEngine {
  readonly host?: string;
}

/** What was looked for, for the sentence that says nothing was found. */
export const lookedFor = 'DOCKER_HOST, the current Docker context and /var/run/docker.sock';

/** Looks for somebody else's engine, in the order the Docker client does. */
export async function findEngine(): Promise<FoundEngine | undefined> {
  for (const host of new Set([process.env.DOCKER_HOST, await contextHost(), defaultHost])) {
    if (!host || host === privateHost || !(await answers(host))) continue;
    // A TCP context has certificates that the bare address would lose.
    return host.startsWith('tcp:') && host !== process.env.DOCKER_HOST ? {} : { host };
  }
  return undefined;
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
