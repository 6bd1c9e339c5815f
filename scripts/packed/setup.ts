import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { type Consumer, createConsumer } from './consumer.ts';
import { ensureToolchain } from './toolchain.ts';

declare module 'vitest' {
  interface ProvidedContext {
    consumer: Pick<Consumer, 'folder' | 'tarballs'>;
  }
}

/** Vitest global setup: the packages are packed and installed once for every test of them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureToolchain();
  const { folder, tarballs, remove } = await createConsumer();
  // Vitest runs no teardown when it is interrupted.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  project.provide('consumer', { folder, tarballs });
  return remove;
}
