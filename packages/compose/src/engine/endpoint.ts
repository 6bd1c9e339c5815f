import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runDocker } from './docker-command.ts';
import type { Limits } from './limits.ts';

/** Where the engine is. */
export interface Endpoint {
  readonly host: string | undefined;
  /** For an engine that demands it: its authority, and who we are. */
  readonly tls?: Readonly<Partial<Record<'ca' | 'cert' | 'key', string>>> | undefined;
}

/** As the docker command finds it: DOCKER_HOST with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, else the current context. */
export async function findEndpoint(limits: Limits): Promise<Endpoint> {
  const { DOCKER_HOST: host, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = process.env;
  if (host === undefined) return contextEndpoint(limits);
  if (!DOCKER_TLS_VERIFY) return { host };
  return { host, tls: await readMaterial(DOCKER_CERT_PATH || join(homedir(), '.docker'), FILES) };
}

/** A part of what `docker context inspect` prints. */
interface Context {
  readonly Endpoints: { readonly docker?: { readonly Host?: string } };
  readonly TLSMaterial?: { readonly docker?: readonly string[] };
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
  const files = context?.TLSMaterial?.docker ?? [];
  if (files.length === 0) return { host };
  return { host, tls: await readMaterial(join(context?.Storage.TLSPath ?? '', 'docker'), files) };
}

const FILES = ['ca.pem', 'cert.pem', 'key.pem'];

/** The files by their names without the ending, as the client has them; an engine may do without some. */
async function readMaterial(folder: string, files: readonly string[]): Promise<Endpoint['tls']> {
  const read = files.map(async (file) => {
    const text = await readFile(join(folder, file), 'utf8').catch(() => undefined);
    return text === undefined ? [] : [[file.replace(/\.pem$/, ''), text] as const];
  });
  return Object.fromEntries((await Promise.all(read)).flat());
}
