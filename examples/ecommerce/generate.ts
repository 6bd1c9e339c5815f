import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

/**
 * Generates the Prisma client: `postinstall` runs this, so that a fresh clone compiles. Generating needs no
 * schema engine; naming one that is there keeps Prisma from downloading its own.
 */
execFileSync(
  process.execPath,
  [createRequire(import.meta.url).resolve('prisma/build/index.js'), 'generate'],
  {
    cwd: import.meta.dirname,
    env: { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', ...process.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  },
);
