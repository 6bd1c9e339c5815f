import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  diskCheck,
  eventLoopCheck,
  heartbeatCheck,
  heartbeatText,
  memoryCheck,
  writeHeartbeat,
} from '../../src/index.ts';
import { run } from '../helpers/run.ts';
import { newFolder } from '../helpers/servers.ts';

const maxAge = 60_000;

describe('heartbeatCheck', () => {
  it('is good after writeHeartbeat, which leaves nothing but the file', async () => {
    const folder = await newFolder();
    await writeHeartbeat(join(folder, 'beat'));
    await writeHeartbeat(join(folder, 'beat'));
    await expect(run(heartbeatCheck(join(folder, 'beat'), { maxAge }))).resolves.toMatchObject({
      facts: { age: expect.any(Number) },
    });
    await expect(readdir(folder)).resolves.toEqual(['beat']);
  });

  it('is not ready before the first, and bad when it is old or lies in the future', async () => {
    const file = join(await newFolder(), 'beat');
    const check = heartbeatCheck(file, { maxAge });
    await expect(run(check)).rejects.toMatchObject({ code: 'not-ready' });
    await writeHeartbeat(file, Date.now() - 2 * maxAge);
    await expect(run(check)).rejects.toMatchObject({
      code: 'unhealthy',
      message: expect.stringContaining('old'),
    });
    await writeHeartbeat(file, Date.now() + 2 * maxAge);
    await expect(run(check)).rejects.toThrow('in the future');
  });

  it('goes by the time of change when the file holds none', async () => {
    const file = join(await newFolder(), 'beat');
    await writeFile(file, '');
    await expect(run(heartbeatCheck(file, { maxAge }))).resolves.toBeDefined();
    await utimes(file, 1, 1);
    await expect(run(heartbeatCheck(file, { maxAge }))).rejects.toMatchObject({ code: 'unhealthy' });
  });

  it('reads a Redis key, as text or milliseconds', async () => {
    const check = (value: string | null) =>
      run(heartbeatCheck({ redis: { get: async () => value }, key: 'beat' }, { maxAge }));
    await expect(check(heartbeatText())).resolves.toBeDefined();
    await expect(check(String(Date.now()))).resolves.toBeDefined();
    await expect(check(null)).rejects.toMatchObject({ code: 'not-ready' });
    await expect(check('nonsense')).rejects.toMatchObject({ code: 'not-ready' });
  });

  it('wants a maxAge', () => {
    expect(() => heartbeatCheck('/x', {} as never)).toThrow(/maxAge/);
    expect(() => heartbeatCheck('/x', undefined as never)).toThrow(/maxAge/);
  });
});

describe('memoryCheck', () => {
  const MB = 2 ** 20;
  const group = async (files: Record<string, string>, sub = '') => {
    const cgroup = await newFolder();
    await mkdir(join(cgroup, sub), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(cgroup, sub, name), text);
    return cgroup;
  };
  const v2 = (used: number, cache = 0, max = String(100 * MB)) =>
    group({
      'memory.current': `${used * MB}\n`,
      'memory.max': `${max}\n`,
      'memory.stat': `anon 1\ninactive_file ${cache * MB}\nactive_file 5\n`,
    });

  it.each([
    [50, 0, 'pass'],
    [90, 0, 'warn'],
    [99, 30, 'pass'],
  ])('with %i of 100 MB in use, %i of it cache that can be dropped: %s', async (used, cache, status) => {
    await expect(run(memoryCheck({ cgroup: await v2(used, cache) }))).resolves.toMatchObject({ status });
  });

  it('is bad near the limit', async () => {
    await expect(run(memoryCheck({ cgroup: await v2(97) }))).rejects.toMatchObject({ code: 'unhealthy' });
  });

  it('reads cgroup v1 as well', async () => {
    const files = {
      'memory.usage_in_bytes': String(97 * MB),
      'memory.limit_in_bytes': String(100 * MB),
      'memory.stat': 'total_inactive_file 0\n',
    };
    await expect(run(memoryCheck({ cgroup: await group(files, 'memory') }))).rejects.toThrow(
      '97 % of 100 MB',
    );
  });

  it.each(['max', '9223372036854771712'])('counts the machine when the limit is %s', async (max) => {
    const check = memoryCheck({ cgroup: await v2(1, 0, max), failAt: 1 });
    await expect(run(check)).resolves.toMatchObject({ facts: { limit: totalmem() } });
  });
});

describe('eventLoopCheck', () => {
  it('sees a loop that was blocked, and forgets it', async () => {
    const check = eventLoopCheck({ failAt: 100 });
    await run(check);
    await turn(30);
    const until = performance.now() + 300;
    while (performance.now() < until);
    await turn(30);
    await expect(run(check)).rejects.toMatchObject({
      code: 'unhealthy',
      message: expect.stringMatching(/\d{3} ms late/),
    });
    await turn(30);
    await expect(run(check)).resolves.toBeDefined();
  });
});

describe('diskCheck', () => {
  it('tells what is free, and is bad below the share', async () => {
    const folder = await newFolder();
    await expect(run(diskCheck(folder, { warnAt: 0, failAt: 0 }))).resolves.toMatchObject({ status: 'pass' });
    await expect(run(diskCheck(folder, { failAt: 1 }))).rejects.toMatchObject({ code: 'unhealthy' });
    await expect(run(diskCheck(join(folder, 'none')))).rejects.toMatchObject({ code: 'unreachable' });
  });
});

const turn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
