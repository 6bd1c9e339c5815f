import { messageOf, Timer } from '@cutover/internal';
import Docker from 'dockerode';
import { DeployError } from '../domain/errors.ts';
import { type Endpoint, findEndpoint } from './endpoint.ts';
import { LIMITS, type Limits } from './limits.ts';
import { engineLost, orLost } from './lost.ts';

/** The engine that the docker CLI would talk to: DOCKER_HOST, else the current context. Each request has its limit. */
export async function connectDocker(limits: Limits = LIMITS): Promise<Docker> {
  return withLimits(clientOf(await findEndpoint(limits)), limits);
}

function clientOf({ host, tls }: Endpoint): Docker {
  if (!host) return new Docker();
  if (host.startsWith('unix://')) return new Docker({ socketPath: host.slice('unix://'.length) });
  const { hostname, port } = new URL(host);
  if (tls) return new Docker({ ...tls, protocol: 'https', host: hostname, port: Number(port) || 2376 });
  return new Docker({ host: hostname, port: Number(port) || 2375 });
}

/** A request, as the client hands it to the one function through which all of them go. */
interface Request {
  readonly method: string;
  readonly path: string;
  readonly abortSignal?: AbortSignal;
}
type Dial = (request: Request, answered: (error: unknown, data: unknown) => void) => void;

/** Whoever gives a request a signal of their own looks after its limit. */
function withLimits(docker: Docker, limits: Limits): Docker {
  const dial: Dial = docker.modem.dial.bind(docker.modem);
  const bounded: Dial = (request, answered) => {
    if (request.abortSignal)
      return dial(request, (error, data) =>
        answered(request.abortSignal?.aborted ? error : orLost(error), data),
      );
    const limit = limitOf(request.method, limits);
    const late = new AbortController();
    const timer = new Timer(limit, () => late.abort());
    dial({ ...request, abortSignal: late.signal }, (error, data) => {
      timer.stop();
      answered(error && late.signal.aborted ? silent(request, limit) : orLost(error), data);
    });
  };
  docker.modem.dial = bounded;
  return docker;
}

const limitOf = (method: string, { look, change, remove }: Limits): number =>
  ({ GET: look, HEAD: look, DELETE: remove })[method] ?? change;

const silent = ({ method, path }: Request, limit: number): DeployError =>
  new DeployError('engine-unreachable', {
    doing: `asking the container engine for ${method} ${path.replace(/\?$/, '')}`,
    found: `no answer within ${limit / 1000} s`,
    wanted: 'an engine that answers',
    fix: 'see whether `docker ps` answers and what the log of the engine says; restart the engine if it hangs',
  });

/** @throws DeployError `engine-unreachable` */
export async function assertReachable(docker: Docker): Promise<void> {
  try {
    await docker.ping();
  } catch (error) {
    if (error instanceof DeployError) throw error;
    // As every server in Go answers.
    const wantsTls = messageOf(error).includes('HTTP request to an HTTPS server');
    const found = wantsTls
      ? 'it wants TLS, and no files for that are configured, or they are lost'
      : undefined;
    throw engineLost(found ?? messageOf(error), error);
  }
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
