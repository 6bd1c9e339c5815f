import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { option, readOptions } from '@cutover/internal';
import type { CheckDetails } from '../check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { defineLocalCheck, type LocalCheck } from './define-check.ts';

/** Share of the limit from which memory is reported, and from which the check is bad. */
export const MEMORY_WARN = 0.85;
export const MEMORY_FAIL = 0.95;

export interface MemoryCheckOptions {
  /** Default `memory`. */
  name?: string;
  /** Share of the limit, 0 to 1; default {@link MEMORY_WARN}. */
  warnAt?: number;
  /** Share of the limit, 0 to 1; default {@link MEMORY_FAIL}. */
  failAt?: number;
  /** Where cgroups are mounted; default `/sys/fs/cgroup`. */
  cgroup?: string;
}

interface Memory {
  /** Bytes that cannot be freed: inactive page cache is left out, as the kernel drops it first. */
  used: number;
  limit: number;
}

/**
 * Memory in use against the container's limit (cgroup v2 or v1), or against the machine's where there is none.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unhealthy`.
 */
export function memoryCheck(options: MemoryCheckOptions = {}): LocalCheck {
  const { name, warnAt, failAt, cgroup } = readOptions(
    options,
    { name: option.text, warnAt: option.share, failAt: option.share, cgroup: option.text },
    { name: 'memory', warnAt: MEMORY_WARN, failAt: MEMORY_FAIL, cgroup: '/sys/fs/cgroup' },
    refuseOption('memoryCheck'),
  );
  const doing = 'reading memory';
  const run = async () => judge(await readMemory(cgroup), { warnAt, failAt, doing });
  return defineLocalCheck({ name, doing, run });
}

function judge(
  { used, limit }: Memory,
  { warnAt, failAt, doing }: { warnAt: number; failAt: number; doing: string },
): CheckDetails {
  const share = used / limit;
  const facts = { used, limit };
  const note = `${Math.round(share * 100)} % of ${Math.round(limit / 2 ** 20)} MB in use`;
  if (share >= failAt) throw new HealthcheckError('unhealthy', { doing, found: note }, { facts });
  return { status: share >= warnAt ? 'warn' : 'pass', note, facts };
}

async function readMemory(root: string): Promise<Memory> {
  const v2 = await readGroup(root, ['memory.current', 'memory.max', 'inactive_file']);
  const v1 = () =>
    readGroup(`${root}/memory`, ['memory.usage_in_bytes', 'memory.limit_in_bytes', 'total_inactive_file']);
  return v2 ?? (await v1()) ?? { used: totalmem() - freemem(), limit: totalmem() };
}

/**
 * Nothing where this kind of cgroup is not mounted, or sets no limit: v2 says `max`, v1 a number beyond the machine.
 */
async function readGroup(
  folder: string,
  [usage, limit, reclaimable]: readonly [string, string, string],
): Promise<Memory | undefined> {
  const read = (file: string) => readFile(`${folder}/${file}`, 'utf8').catch(() => '');
  const most = Number.parseInt(await read(limit), 10);
  const used = Number.parseInt(await read(usage), 10);
  if (!(most <= totalmem()) || Number.isNaN(used)) return undefined;
  const cache = new RegExp(`^${reclaimable} (\\d+)$`, 'm').exec(await read('memory.stat'))?.[1] ?? '0';
  return { used: Math.max(0, used - Number(cache)), limit: most };
}
