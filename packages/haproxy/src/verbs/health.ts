import { option } from '@cutover/internal';
import { type Info, showInfo } from '../commands/info.ts';
import { showStat } from '../commands/stat.ts';
import { checkOptions } from '../errors.ts';
import type { Haproxy } from './verb.ts';

export interface HealthOptions {
  /** Backends that must have a server up; default all. */
  backends?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

/** Whether HAProxy can serve. */
export interface HaproxyHealth {
  readonly healthy: boolean;
  /** Why not; empty when healthy. */
  readonly reasons: readonly string[];
  readonly info: Info;
  readonly backends: readonly { readonly name: string; readonly status: string; readonly up: number }[];
}

/** Reads whether the worker is not stopping and each backend has a server up. Rejects when HAProxy does not answer. */
export async function health(haproxy: Haproxy, options: HealthOptions = {}): Promise<HaproxyHealth> {
  const { backends, signal } = checkOptions('reading the health of HAProxy', options, RULES, {});
  const [info, rows] = await Promise.all([
    haproxy.run(showInfo(), signal),
    haproxy.run(showStat({ type: 'backend' }), signal),
  ]);
  const found = rows.map((row) => ({
    name: row.proxy,
    status: row.status.text,
    up: (row.number('act') ?? 0) + (row.number('bck') ?? 0),
  }));
  const wanted =
    backends ?? found.filter(({ up, status }) => up > 0 || status === 'DOWN').map(({ name }) => name);
  const reasons = wanted.flatMap((name) => {
    const backend = found.find((each) => each.name === name);
    if (!backend) return [`there is no backend ${name}`];
    return backend.up > 0 ? [] : [`backend ${name} has no server up`];
  });
  if (info.stopping) reasons.unshift('this worker is stopping');
  return { healthy: reasons.length === 0, reasons, info, backends: found };
}

const RULES = { backends: option.list(option.text), signal: option.signal };
