import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packages } from './paths.ts';

/** What can be imported of the installed packages: `@cutover/healthcheck`, `@cutover/healthcheck/run`, … */
export async function entriesOf(folder: string): Promise<readonly string[]> {
  const names = packages.map(async (name) => {
    const file = join(folder, 'node_modules/@cutover', name, 'package.json');
    const { exports } = JSON.parse(await readFile(file, 'utf8')) as { exports: Record<string, unknown> };
    const paths = Object.keys(exports).filter((path) => !path.endsWith('.json'));
    return paths.map((path) => `@cutover/${name}${path.slice(1)}`);
  });
  return (await Promise.all(names)).flat();
}
