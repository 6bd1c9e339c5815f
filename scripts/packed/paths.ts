import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
/** Downloads that outlive a run. */
export const cache = join(root, 'node_modules/.cache/cutover-packed');
/** What is published. */
export const packages = ['healthcheck', 'lifecycle', 'haproxy', 'compose'] as const;
