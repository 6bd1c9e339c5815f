import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execa } from 'execa';

const TSX = createRequire(import.meta.url).resolve('tsx');

/** Runs `deploy.ts` or another script of the shop as a person does, on the stack in `directory`. */
export async function runShopScript(
  directory: string,
  [name, ...args]: readonly [name: string, ...args: string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const script = join(import.meta.dirname, '..', name);
  const node = ['--conditions=@cutover/source', '--import', TSX];
  const { exitCode, stdout, stderr } = await execa(process.execPath, [...node, script, ...args], {
    env: { ...env, SHOP_DIRECTORY: directory },
    reject: false,
    timeout: 120_000,
  });
  return { exitCode, stdout, stderr };
}
