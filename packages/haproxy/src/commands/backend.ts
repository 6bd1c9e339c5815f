import { HaproxyError } from '../errors.ts';
import { line, name } from '../grammar/words.ts';
import { type Command, change } from './command.ts';

export interface AddBackendOptions {
  backend: string;
  /** A named `defaults` section, whose settings it takes. */
  from: string;
  /** Needed when that section names none. */
  mode?: 'tcp' | 'http' | undefined;
}

const SINCE = { since: '3.4' } as const;
const backendName = (backend: string) => name(backend, 'backend');

/** `add backend` (3.4): without servers and unpublished, so that no rule chooses it; lost with the next reload. */
export const addBackend = ({ backend, from, mode }: AddBackendOptions): Command<true> => {
  if (mode !== undefined && mode !== 'tcp' && mode !== 'http') throw unknownMode(mode);
  const words = ['add backend', backendName(backend), 'from', name(from, 'defaults section')];
  return change(line(...words, mode ? `mode ${mode}` : ''), { ...SINCE, done: /^New backend registered/ });
};

/** `publish backend` (3.4): `use_backend` rules choose it from now on. */
export const publishBackend = (backend: string): Command<true> =>
  change(line('publish backend', backendName(backend)), { ...SINCE, done: /^Backend published\.$/ });

/** `unpublish backend` (3.4): rules skip it; its checks and its requests in flight continue. */
export const unpublishBackend = (backend: string): Command<true> =>
  change(line('unpublish backend', backendName(backend)), { ...SINCE, done: /^Backend unpublished\.$/ });

/** `del backend` (3.4): one that is unpublished, has no server and is named by no rule. */
export const deleteBackend = (backend: string): Command<true> =>
  // 3.4 puts log lines about servers before its answer.
  change(line('del backend', backendName(backend)), { ...SINCE, done: /(^|\n)Backend deleted\.$/ });

const unknownMode = (mode: unknown) =>
  new HaproxyError('invalid-options', {
    doing: 'writing a command for HAProxy',
    found: `mode '${String(mode)}'`,
    wanted: 'tcp or http',
  });
