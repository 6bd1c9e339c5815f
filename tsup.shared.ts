import type { Options } from 'tsup';

const internalPaths = {
  '@cutover/internal': ['../internal/src/index.ts'],
  '@cutover/internal/*': ['../internal/src/*.ts', '../internal/src/*/index.ts'],
};

/** One build for every package: ESM with declarations, the private package bundled in, everything else external. */
export const library = (entries: readonly string[]): Options => ({
  entry: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  format: 'esm',
  target: 'node20',
  platform: 'node',
  // By path, not by package: only what lies outside node_modules is written into the declarations.
  dts: { compilerOptions: { baseUrl: '.', paths: internalPaths } },
  noExternal: [/^@cutover\/internal/],
  clean: true,
  splitting: true,
  treeshake: true,
});
