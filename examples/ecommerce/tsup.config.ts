import { defineConfig } from 'tsup';

/**
 * One file per command of the image. Packages stay outside, the bundle of `pnpm deploy` brings them, except
 * Prisma's client: it is generated code, and as a dependency it would bring its whole command line along.
 */
export default defineConfig({
  entry: {
    'start-api': 'src/start/api.ts',
    'start-web': 'src/start/web.ts',
    'start-cron': 'src/start/cron.ts',
    'start-worker': 'src/start/worker.ts',
    'healthcheck-api': 'src/healthcheck/api.ts',
    'healthcheck-web': 'src/healthcheck/web.ts',
    'healthcheck-cron': 'src/healthcheck/cron.ts',
    'healthcheck-worker': 'src/healthcheck/worker.ts',
    migrate: 'src/migrate/main.ts',
    api: 'src/api/main.ts',
    web: 'src/web/main.ts',
    cron: 'src/cron/main.ts',
    worker: 'src/worker/main.ts',
  },
  format: 'esm',
  target: 'node24',
  platform: 'node',
  noExternal: ['@prisma/client'],
  // Prisma's runtime is CommonJS and requires parts of Node.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  clean: true,
});
