import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.ts';

/** Code that goes into the build, so that importing this package loads nothing but itself and node built-ins. */
export const bundled = ['@cutover/internal', 'p-timeout'];

export default defineConfig({
  ...library(['index', 'testing']),
  noExternal: bundled.map((name) => new RegExp(`^${name}`)),
});
