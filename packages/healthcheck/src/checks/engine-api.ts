import type { IncomingMessage } from 'node:http';
import { HealthcheckError } from '../errors.ts';
import type { ContainerEngine } from './container-engine.ts';
import { withResource } from './with-resource.ts';

/** An answer larger than this is not an answer to these requests. */
const ANSWER_LIMIT = 8 * 1024 * 1024;

/** The two requests of {@link ContainerEngine}, over the engine's Unix socket, until `signal` aborts. */
export function engineApi(socketPath: string = defaultSocket(), signal: AbortSignal): ContainerEngine {
  const get = (path: string) => ask(socketPath, path, signal);
  return {
    getContainer: (id) => ({ inspect: () => get(`/containers/${encodeURIComponent(id)}/json`) }),
    listContainers: async ({ all, filters }) => {
      const answer = await get(
        `/containers/json?all=${all}&filters=${encodeURIComponent(JSON.stringify(filters))}`,
      );
      return Array.isArray(answer) ? answer : [];
    },
  };
}

const defaultSocket = (): string =>
  /^unix:\/\/(.+)$/.exec(process.env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock';

async function ask(socketPath: string, path: string, signal: AbortSignal): Promise<unknown> {
  const { request } = await import('node:http');
  return await withResource<unknown>(signal, ({ resolve, reject }) => {
    const outgoing = request({ socketPath, path, agent: false, headers: { host: 'engine' } });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      readJson(incoming)
        .then((answer) => resolve(understand(incoming.statusCode ?? 0, answer)))
        .catch(reject);
    });
    outgoing.end();
    return () => outgoing.destroy();
  });
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > ANSWER_LIMIT) throw new Error(`an answer of more than ${ANSWER_LIMIT} bytes`);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function understand(status: number, answer: unknown): unknown {
  if (status === 200) return answer;
  const doing = 'asking the container engine';
  if (status === 404) throw new HealthcheckError('not-ready', { doing, found: 'no such container' });
  throw new HealthcheckError('bad-answer', { doing, found: `status ${status}` });
}
