import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { packages } from './paths.ts';
import { runOn, writeProgram } from './programs.ts';
import { nodeVersions } from './versions.ts';

const { folder } = inject('consumer');

beforeAll(async () => {
  await writeProgram(folder, 'errors');
  await Promise.all(
    packages.map((name) =>
      cp(join(folder, 'node_modules/@cutover', name), join(folder, 'copies', name), { recursive: true }),
    ),
  );
});

const ways = nodeVersions.flatMap((version) => [[version, 'import'] as const, [version, 'require'] as const]);

describe.each(ways)('errors across packages, on Node %s by %s', (version, how) => {
  let seen: Record<string, Record<string, unknown>>;

  beforeAll(async () => {
    const { stdout, all } = await runOn(version, folder, 'errors.mjs', how);
    seen = JSON.parse(stdout.startsWith('{') ? stdout : expect.fail(all));
  });

  it('keeps the fix of a check that waiting cannot help', () => {
    expect(seen.missingDriver).toMatchObject({
      name: 'LifecycleError',
      code: 'never-ready',
      fix: expect.stringContaining('npm install pg'),
      causedBy: 'HealthcheckError',
    });
  });

  it('keeps the fix of a check that was not good in time', () => {
    expect(seen.notYetGood).toMatchObject({
      name: 'LifecycleError',
      code: 'not-ready',
      fix: 'set the clocks right',
      causedBy: 'HealthcheckError',
    });
  });

  it("names what keeps a deployment's router from being reached", () => {
    expect(seen.unreachableRouter).toMatchObject({
      name: 'DeployError',
      code: 'router-unreachable',
      message: expect.stringContaining('/nowhere/admin.sock'),
      causedBy: 'HaproxyError',
    });
  });

  it('has the error of a check for a failed probe through the router', () => {
    expect(seen.failedProbe).toMatchObject({ name: 'HealthcheckError', code: 'unreachable' });
  });

  it('recognises the errors of another copy of each package', () => {
    expect(seen.copies).toEqual({
      HealthcheckError: true,
      LifecycleError: true,
      HaproxyError: true,
      DeployError: true,
    });
  });
});
