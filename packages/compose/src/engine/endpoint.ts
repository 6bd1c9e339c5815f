import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { runDocker } from './docker-command.ts';
import type { Limits } from './limits.ts';

/** Where the engine is. */
export interface Endpoint {
  readonly host: string | undefined;
  /** For an engine that demands it: its authority, and who we are. */
  readonly tls?: Readonly<Partial<Record<'ca' | 'cert' | 'key', string>>> | undefined;
}

/**
 * As the docker command finds it: DOCKER_HOST with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, else the current context.
 *
 * @throws DeployError `engine-unreachable` for an address over ssh, and where files for TLS are lost
 */
export async function findEndpoint(limits: Limits): Promise<Endpoint> {
  const endpoint = await configuredEndpoint(limits);
  if (endpoint.host?.startsWith('ssh://')) throw overSsh(new URL(endpoint.host));
  return endpoint;
}

async function configuredEndpoint(limits: Limits): Promise<Endpoint> {
  const { DOCKER_HOST: host, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = process.env;
  if (host === undefined) return contextEndpoint(limits);
  if (!DOCKER_TLS_VERIFY) return { host };
  return { host, tls: await readMaterial(DOCKER_CERT_PATH || join(homedir(), '.docker'), AUTHORITY) };
}

const AUTHORITY = ['ca.pem'];

/** A part of what `docker context inspect` prints. */
interface Context {
  readonly Endpoints: { readonly docker?: { readonly Host?: string } };
  /** Null where the files are lost; left out where the context never had any. */
  readonly TLSMaterial?: { readonly docker?: readonly string[] | null };
  readonly Storage: { readonly TLSPath?: string };
}

async function contextEndpoint({ ask }: Limits): Promise<Endpoint> {
  const { stdout, error } = await runDocker(['context', 'inspect'], {
    doing: 'looking for the container engine',
    code: 'engine-unreachable',
    limit: ask,
  });
  if (error) return { host: undefined };
  const [context] = JSON.parse(stdout) as readonly Context[];
  const host = context?.Endpoints.docker?.Host || undefined;
  const files = context?.TLSMaterial?.docker;
  if (files === undefined) return { host };
  return {
    host,
    tls: await readMaterial(join(context?.Storage.TLSPath ?? '', 'docker'), files ?? AUTHORITY),
  };
}

type Name = 'ca' | 'cert' | 'key';

/** What is not `needed` may be missing; of certificate and key neither is of use without the other. */
async function readMaterial(folder: string, needed: readonly string[]): Promise<Endpoint['tls']> {
  const read = async (name: Name, isNeeded: boolean) => {
    const file = join(folder, `${name}.pem`);
    try {
      return { [name]: await readFile(file, 'utf8') };
    } catch (error) {
      if (!isNeeded && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw lostFile(file, error);
    }
  };
  const cert = await read('cert', needed.includes('cert.pem') || needed.includes('key.pem'));
  const key = await read('key', 'cert' in cert);
  return { ...(await read('ca', needed.includes('ca.pem'))), ...cert, ...key };
}

const lostFile = (file: string, cause: unknown): DeployError =>
  new DeployError(
    'engine-unreachable',
    {
      doing: 'looking for the container engine',
      found: `it is to be reached over TLS, and ${file} cannot be read (${messageOf(cause)})`,
      wanted: 'the files of the docker context, or of DOCKER_CERT_PATH',
      fix: 'put the file back, or create the context again with `docker context create --docker host=…,ca=…,cert=…,key=…`',
    },
    { cause },
  );

/**
 * The docker command starts an ssh for each connection, which is a log-in for each look of a deployment: sshd would begin
 * to refuse them. The ssh of the client library neither reads the user's configuration nor checks the host's key.
 */
function overSsh({ username, hostname, port, pathname }: URL): DeployError {
  const login = `${port && `-p ${port} `}${username && `${username}@`}${hostname}`;
  const remote = pathname.length > 1 ? pathname : '/var/run/docker.sock';
  return new DeployError('engine-unreachable', {
    doing: 'looking for the container engine',
    found: `its address is ssh://${hostname}`,
    wanted: 'a socket on this host (unix://…), or tcp:// with TLS',
    fix: `run the script on that host, or forward its socket: \`ssh -fNT -o ExitOnForwardFailure=yes -o StreamLocalBindUnlink=yes -L $HOME/docker.sock:${remote} ${login}\`, then \`export DOCKER_HOST=unix://$HOME/docker.sock\``,
  });
}
