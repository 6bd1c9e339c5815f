import { onTestFinished } from 'vitest';
import { createRuntimeClient, HaproxyError, type RuntimeClientOptions } from '../../src/index.ts';
import { type FakeHaproxyOptions, startFakeHaproxy } from '../../src/testing.ts';

/** A fake with a blue server that takes traffic and a green one in maintenance, and a client of it; both end with the test. */
export async function withFake(
  options: FakeHaproxyOptions = {},
  client: Omit<RuntimeClientOptions, 'address'> = {},
) {
  const fake = await startFakeHaproxy({
    backends: { app: { blue: {}, green: { admin: 1 } }, be_blue: { s1: {} }, be_green: { s1: {} } },
    maps: { '/maps/live.map': { live: 'be_blue', other: 'x' } },
    ...options,
  });
  const haproxy = createRuntimeClient({ address: fake.address, ...client });
  onTestFinished(async () => {
    await haproxy.close();
    await fake.close();
  });
  return { fake, haproxy };
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<HaproxyError> {
  const error = await call.then(
    (value) => new Error(`it resolved to ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof HaproxyError) return error;
  throw error;
}
