import { defineConfig } from 'vitest/config';

// Tests run from source: the condition points every @cutover import at src.
// Vitest hands the list to Node as well, where an "import" in it would give ES modules to a driver's require().
const conditions = ['@cutover/source', 'node'];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };
// A poll ends as soon as it is so; on a busy machine that takes a while.
const poll = { poll: { timeout: 15_000 } };

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          expect: poll,
          include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/*.packed.test.ts', '**/node_modules/**'],
          // Some start real processes, which take their time on a busy machine.
          testTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'integration',
          expect: poll,
          include: ['packages/*/test/**/*.integration.test.ts', 'examples/*/test/**/*.integration.test.ts'],
          globalSetup: ['scripts/engine/vitest-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'packed',
          include: ['scripts/packed/*.packed.test.ts'],
          globalSetup: ['scripts/packed/setup.ts'],
          // Each is one more program to start, or a whole compilation, on a busy machine.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
