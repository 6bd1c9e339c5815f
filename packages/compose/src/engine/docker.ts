import Docker from 'dockerode';
import { execa } from 'execa';

/** The engine that the docker CLI would talk to: DOCKER_HOST, else the current context. */
export async function connectDocker(): Promise<Docker> {
  const host = process.env.DOCKER_HOST ?? (await contextHost());
  if (!host) return new Docker();
  if (host.startsWith('unix://')) return new Docker({ socketPath: host.slice('unix://'.length) });
  const { protocol, hostname, port, username } = new URL(host);
  if (protocol === 'ssh:') {
    return new Docker({ protocol: 'ssh', host: hostname, port: port || 22, username });
  }
  return new Docker({ host: hostname, port: Number(port) || 2375 });
}

async function contextHost(): Promise<string | undefined> {
  const { stdout, exitCode } = await execa(
    'docker',
    ['context', 'inspect', '-f', '{{.Endpoints.docker.Host}}'],
    {
      reject: false,
    },
  );
  return exitCode === 0 && stdout ? stdout.trim() : undefined;
}

/** Runs `work`; an engine answer with one of these statuses becomes `undefined`. */
export async function tolerating<T>(
  statuses: readonly number[],
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (statuses.includes((error as { statusCode?: number }).statusCode ?? 0)) return undefined;
    throw error;
  }
}
